// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code virtwire call} against libvirt's test driver. */
@ExtendWith(LibvirtdExtension.class)
class CallIT {
    private static CommandRun call(Libvirtd libvirtd, String procedure, String json) {
        return CommandRun.of(Map.of("LIBVIRT_DEFAULT_URI", libvirtd.testUnixUri()), "call", procedure, json);
    }

    @Test
    void aResultHasTheNamesOfItsConstants(Libvirtd libvirtd) {
        CommandRun run = call(libvirtd, "DomainGetState", "{\"domain\": \"test\"}");
        assertThat(run).isEqualTo(new CommandRun(0, """
                        {
                          "state" : "running",
                          "reason" : 0
                        }
                        """, ""));
    }

    @Test
    void flagsHaveNamesAndListsAreObjects(Libvirtd libvirtd) {
        CommandRun run =
                call(libvirtd, "ConnectListAllDomains", "{\"needResults\": 1, \"flags\": [\"active\", \"running\"]}");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("\"name\" : \"test\"", "\"id\" : 1", "\"count\" : 1");
    }

    @Test
    void typedParametersAndTextOfFixedLengthAreReadable(Libvirtd libvirtd) {
        assertThat(call(libvirtd, "NodeGetInfo", "{}").out()).contains("\"model\" : \"i686\"", "\"memory\" : 3145728");
        assertThat(call(libvirtd, "DomainGetMemoryParameters", "{\"domain\": \"test\", \"nparams\": 3}")
                        .out())
                .contains("\"field\" : \"hard_limit\"", "\"ullongValue\" : ");
    }

    @Test
    void aProcedureWithoutAResultPrintsAnEmptyObject(Libvirtd libvirtd) {
        assertThat(call(libvirtd, "DomainSetAutostart", "{\"domain\": \"test\", \"autostart\": 0}"))
                .isEqualTo(new CommandRun(0, "{ }\n", ""));
    }

    @Test
    void theServersErrorIsPrinted(Libvirtd libvirtd) {
        CommandRun run = call(libvirtd, "DomainLookupByName", "{\"name\": \"nobody\"}");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("Domain not found", "NO_DOMAIN");
    }

    @Test
    void aWrongArgumentIsRefusedByItsName(Libvirtd libvirtd) {
        assertRefused(libvirtd, "{\"domain\": \"test\", \"flags\": 0, \"flag\": 1}", "flag: there is no such field");
        assertRefused(libvirtd, "{\"flags\": 0}", "domain: it is missing; its type is DomainRef");
        assertRefused(libvirtd, "{\"domain\": \"test\", \"flags\": -1}", "flags: -1 is not between 0 and 4294967295");
        assertRefused(libvirtd, "{\"domain\": \"test\", \"flags\": \"x\"}", "flags: it must be a whole number (uint)");
        assertRefused(
                libvirtd,
                "{\"domain\": {\"name\": \"test\", \"uuid\": \"7\", \"id\": 1}, \"flags\": 0}",
                "domain.uuid: '7' is not a UUID");
        assertRefused(libvirtd, "[]", "the arguments of DomainGetState are not a JSON object");
        assertRefused(libvirtd, "{\"domain\"", "the arguments of DomainGetState are not JSON: ");
    }

    private static void assertRefused(Libvirtd libvirtd, String json, String error) {
        CommandRun run = call(libvirtd, "DomainGetState", json);
        assertThat(run.err()).contains(error);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }
}
