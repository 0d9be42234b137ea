# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it and by dist/package, in the folder that has all modules.

# Prints the version of all modules.
parent_version() {
    perl -0 -ne 'print $1 if m{<artifactId>virtwire-parent</artifactId>\s*<version>([^<]+)}' pom.xml
}

# staged_settings STAGING WORK ARGUMENT...: makes WORK/settings.xml for staged_mvn. With it, ours comes from the staging
# folder alone, and everything else from a copy of what has been downloaded, in WORK/m2. Of the arguments, which are Maven's,
# -Dmaven.repo.local=… says where downloads are; staged_mvn gets the others.
staged_settings() {
    local argument downloads=$HOME/.m2/repository
    staged_arguments=(--batch-mode --no-transfer-progress --settings "$2/settings.xml")
    for argument in "${@:3}"; do
        case $argument in
            -Dmaven.repo.local=*) downloads=${argument#*=} ;;
            *) staged_arguments+=("$argument") ;;
        esac
    done
    mkdir -p "$downloads"
    # Without hard links: who writes into a file of the copy must not change the downloads.
    cp -r --reflink=auto "$downloads" "$2/m2"
    rm -rf "$2/m2/dev/virtwire"
    cat > "$2/settings.xml" << END
<settings>
  <localRepository>$2/m2</localRepository>
  <profiles>
    <profile>
      <id>staging</id>
      <repositories><repository><id>staging</id><url>file://$1</url></repository></repositories>
    </profile>
  </profiles>
  <activeProfiles><activeProfile>staging</activeProfile></activeProfiles>
</settings>
END
}

# staged_mvn ARGUMENT...: runs Maven with these settings.
staged_mvn() {
    mvn "${staged_arguments[@]}" "$@"
}

say() {
    printf '\n== %s\n' "$*"
}
