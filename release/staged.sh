# SPDX-License-Identifier: Apache-2.0
# Sourced by release/adopt and release/rehearse.

# staged_settings STAGING WORK ARGUMENT...: makes WORK/settings.xml for Maven. With it, ours comes from the staging folder
# alone, and everything else from a copy of what has been downloaded, in WORK/m2. Of the arguments, -Dmaven.repo.local=…
# says where downloads are.
staged_settings() {
    local argument downloads=$HOME/.m2/repository
    for argument in "${@:3}"; do
        [[ $argument != -Dmaven.repo.local=* ]] || downloads=${argument#*=}
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

say() {
    printf '\n== %s\n' "$*"
}
