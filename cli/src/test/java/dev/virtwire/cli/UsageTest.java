// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            info                | missing required parameter: 'DOMAIN' (see: virtwire info --help)
            domains web1        | unmatched argument at index 1: 'web1' (see: virtwire domains --help)
            --frob domains      | unknown option: '--frob' (see: virtwire --help)
            domains --frob      | unknown option: '--frob' (see: virtwire domains --help)
            domians             | there is no command 'domians'; did you mean domains? (see: virtwire --help)
            frobnicate          | there is no command 'frobnicate' (see: virtwire --help)
            -c                  | missing required parameter for option '--connect' (URI) (see: virtwire --help)
            help domians        | there is no command 'domians'; did you mean domains? (see: virtwire --help)
            backup web1         | backup needs a domain and the repository's folder, or --all and the folder
            backup --all web1 /backups | --all takes the repository alone, not domains
            backup web1 /backups --exclude-domain web2 | --exclude-domain is for --all
            backup web1 web2 /backups --since P | --since names a point of one domain: back up one domain at a time
            backup web1 /backups --jobs 0 | at least one domain is backed up at a time, not 0
            backup web1 /backups --keep 0 | --keep 0: at least one point is kept
            backup web1 /backups --keep 3 --mode push --target /h | --keep is for --mode pull: nothing is removed from the host
            restore /backups web1 | restore needs one of --to (a folder), --pool (a storage pool), --to-device and --in-place
            restore /backups web1 --to /o --pool p | restore needs one of --to (a folder), --pool (a storage pool), --to-device and --in-place
            restore /backups web1 --pool p --chain | volumes of a pool need no others: leave out --chain
            restore /backups --to /o | restore needs a domain, or --all
            restore /backups web1 --all --to /o | --all takes the repository alone, not a domain
            restore /backups --all --to /o --disk vda | --to-device, --in-place, --name and --disk are for one domain
            restore /backups --all --in-place --yes | --to-device, --in-place, --name and --disk are for one domain
            restore /backups web1 --to /o --yes | --yes is for --to-device and --in-place
            restore /backups web1 --in-place --define --yes | what is there gets the disks' content alone: leave out --chain, --format, --define and --replace
            restore /backups web1 --to-device vda=/dev/x --replace --yes | what is there gets the disks' content alone: leave out --chain, --format, and --replace without --define
            restore /backups web1 --in-place | what is there is overwritten, and without a terminal nobody can be asked: give --yes to allow it
            restore /backups web1 --to-device /dev/sdx --yes | --to-device /dev/sdx: it takes a disk and its place, such as vda=/dev/vg/web1
            restore /backups web1 --to-device vda=sdx --yes | --to-device: 'sdx' is neither an absolute path nor a volume such as POOL/VOLUME
            restore /backups web1 --to-device vda=/dev/x --to-device vda=/dev/y --yes | --to-device names disk vda twice
            restore /backups web1 --to-device vda=/dev/x --to-device vdb=/dev/x --yes | --to-device: /dev/x is the place of two disks
            restore /backups web1 --to-device vda=/dev/x --disk vda --yes | --to-device names the disks: leave out --disk
            prune /backups      | prune needs at least one --keep rule, such as --keep-daily 30, or --gone-for
            prune /b --keep-last 1 --yes | --yes is for --gone-for
            prune /b --keep-within 14 | invalid value for option '--keep-within': '14' is not a time in hours, days or weeks, such as 36h, 14d or 8w (see: virtwire prune --help)
            prune /b --keep-last 1 --time-zone Mars | invalid value for option '--time-zone': 'Mars' is not a time zone, such as Europe/Berlin or UTC (see: virtwire prune --help)
            backup web1 /backups --keep 3 --keep-last 2 | --keep and --keep-last are one rule: give one of them
            backup web1 /backups --time-zone Europe/Berlin | --time-zone is for the --keep rules
            backup web1 /backups --keep-yearly 3 --mode push --target /h | --keep is for --mode pull: nothing is removed from the host
            prune /b --keep-daily 1 --keep-last -3 | --keep-last -3: a rule keeps at least one point; leave it out to have no such rule
            prune /b --keep-daily 0 | --keep-daily 0: a rule keeps at least one point; leave it out to have no such rule
            prune /b --keep-last 3 --keep-yearly 0 | --keep-yearly 0: a rule keeps at least one point; leave it out to have no such rule
            prune /b --keep-hourly 0 --keep-monthly 0 | --keep-hourly 0: a rule keeps at least one point; leave it out to have no such rule
            backup web1 /backups --keep-weekly 0 | --keep-weekly 0: a rule keeps at least one point; leave it out to have no such rule
            backup web1 /backups --keep 3 --keep-weekly 0 | --keep-weekly 0: a rule keeps at least one point; leave it out to have no such rule
            backup web1 /backups --keep-daily 0 --mode push --target /h | --keep is for --mode pull: nothing is removed from the host
            -c qemu+tcp://127.0.0.1:1/system checkpoints web1 --repository /b | --repository is for --remove
            -c qemu:system info x | URI 'qemu:system': '//' is missing after 'qemu:', as in qemu:///system
            -c qemu+tpc://h/system info x | URI 'qemu+tpc://h/system': unknown transport 'tpc'; known are unix, tcp, tls, ssh, libssh, libssh2, ext
            -c qemu+tls://h/system?mode=auto info x | URI 'qemu+tls://h/system?mode=auto': parameter 'mode' has no meaning over tls, which knows auth, authfile, name, no_sanity, no_verify, pkipath, tls_priority
            """)
    void aCommandLineThatMakesNoSenseIsOneLineAndExitCode2(String line, String message) {
        assertThat(CommandRun.of(line.split(" "))).isEqualTo(new CommandRun(2, "", "error: " + message + "\n"));
    }

    /** It would stand in the log of cron and in mails. */
    @Test
    void aPasswordInAUriIsRefusedAndNotPrinted() {
        String uri = "qemu+ssh://root:s3cret@127.0.0.1:1/system";
        for (String[] line : new String[][] {
            {"-c", uri, "domains"},
            {"-c", uri, "domains", "--json"},
            {"uri", uri},
            {"uri", uri, "--json"},
            {"-c", uri, "backup", "web1", "/nowhere/backups", "--verbose"},
            {"-c", uri.replace("ssh", "tcp"), "call", "ConnectGetHostname"}
        }) {
            CommandRun run = CommandRun.of(line);
            assertThat(run.err()).contains("password in a URI").doesNotContain("s3cret");
            assertThat(run.out()).isEmpty();
            assertThat(run.exitCode()).isEqualTo(2);
        }
        assertThat(CommandRun.of(Map.of("LIBVIRT_DEFAULT_URI", uri), "domains").err())
                .doesNotContain("s3cret");
    }

    @Test
    void usageErrorsAreJsonToo() {
        assertThat(CommandRun.of("info", "--json")).isEqualTo(new CommandRun(2, "", """
                        {"error":{"kind":"usage","message":"missing required parameter: 'DOMAIN' (see: virtwire info --help)","exitCode":2}}
                        """));
    }

    @Test
    void helpListsEveryCommandAndGoesToStandardOutput() {
        CommandRun help = CommandRun.of("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out()).startsWith("Usage: virtwire [").contains("\n  domains ", "\n  info ", "\n  version ");
        assertThat(CommandRun.of("info", "--help").out())
                .startsWith("Usage: virtwire info [")
                .contains("DOMAIN");
    }

    @Test
    void withoutACommandAllCommandsAreListedAsAnError() {
        CommandRun help = CommandRun.of("help");
        assertThat(help).isEqualTo(CommandRun.of("--help"));
        assertThat(CommandRun.of()).isEqualTo(new CommandRun(2, "", help.out()));
        assertThat(CommandRun.of("--json").err())
                .isEqualTo("{\"error\":{\"kind\":\"usage\",\"message\":\"missing command (see: virtwire --help)\","
                        + "\"exitCode\":2}}\n");
    }

    @Test
    void helpExplainsOneCommand() {
        assertThat(CommandRun.of("help", "info")).isEqualTo(CommandRun.of("info", "--help"));
    }

    @Test
    void theVersionIsAnOptionToo() {
        assertThat(CommandRun.of("--version")).isEqualTo(new CommandRun(0, "virtwire unpackaged\n", ""));
    }

    @Test
    void aUriIsExplainedWithoutConnecting() {
        assertThat(CommandRun.of("uri", "qemu+tcp://kvm1/system?auth=sasl&x=1")).isEqualTo(new CommandRun(0, """
                        URI:         qemu+tcp://kvm1/system?auth=sasl&x=1 (as given)
                        Driver:      qemu
                        Transport:   tcp, neither encrypted nor protected against changes on the way, unless SASL does that
                        Connects to: host kvm1 port 16509
                        Because:     port 16509 is libvirt's for TCP
                        Opens:       qemu:///system?x=1
                        Parameter:   auth = sasl
                        """, ""));
        assertThat(CommandRun.of("uri", "qemu+tcp://kvm1/system?command=x"))
                .isEqualTo(
                        new CommandRun(
                                2,
                                "",
                                "error: URI 'qemu+tcp://kvm1/system?command=x': parameter 'command' has no meaning over tcp, which knows auth, authfile, name\n"));
        assertThat(CommandRun.of(Map.of("LIBVIRT_DEFAULT_URI", "test+unix:///default?socket=/s"), "uri", "--json")
                        .out())
                .isEqualTo("""
                        {
                          "uri" : "test+unix:///default?socket=/s",
                          "source" : "the environment's LIBVIRT_DEFAULT_URI",
                          "driver" : "test",
                          "transport" : "unix",
                          "host" : null,
                          "target" : "socket /s",
                          "reasons" : [
                            "the parameter 'socket' names the socket"
                          ],
                          "opens" : "test:///default",
                          "parameters" : {
                            "socket" : "/s"
                          }
                        }
                        """);
    }
}
