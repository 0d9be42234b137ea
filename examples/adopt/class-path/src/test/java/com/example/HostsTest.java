// SPDX-License-Identifier: Apache-2.0
package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class HostsTest {
    @Test
    void aHostWithoutDomainsIsAnError() {
        try (ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start()) {
            assertThrows(CompletionException.class, () -> Hosts.main(new String[] {libvirtd.uri()}));
            assertEquals(1, libvirtd.callsOf(DomainProcedures.CONNECT_LIST_ALL_DOMAINS));
        }
    }
}
