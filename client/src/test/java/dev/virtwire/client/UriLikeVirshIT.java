// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * libvirt's own client and ours, with the same URI at the same server: both connect and find themselves at the same
 * driver, or both refuse. PORT and SOCKET stand for the server's. If we refuse what libvirt ignores without a word,
 * that is on purpose and said here.
 */
@ExtendWith(LibvirtdExtension.class)
class UriLikeVirshIT {
    @ParameterizedTest
    @CsvSource(
            value = {
                "qemu+tcp://127.0.0.1:PORT/system                       | both",
                "qemu+TCP://127.0.0.1:PORT/system                       | both",
                "qemu+tcp://localhost:PORT/system                       | both",
                "qemu+tcp://somebody@127.0.0.1:PORT/system              | both",
                "qemu+tcp://127.0.0.1:PORT/session                      | both",
                "qemu+tcp://127.0.0.1:PORT/                             | neither",
                "qemu+tcp://127.0.0.1:PORT                              | neither",
                "qemu+tcp://127.0.0.1:PORT/nowhere                      | neither",
                "test+tcp://127.0.0.1:PORT/default                      | both",
                "test+tcp://127.0.0.1:PORT/default?foo=bar              | both",
                "qemu+tcp://127.0.0.1:PORT/system?name=test:///default  | both",
                "qemu+tcp://127.0.0.1:PORT/system?NAME=test:///default  | both",
                "qemu+tcp://127.0.0.1:PORT/x?a=b;name=test:///default   | both",
                "remote+tcp://127.0.0.1:PORT/                           | both",
                "remote+tcp://127.0.0.1:PORT/?name=test:///default      | both",
                "vbogus+tcp://127.0.0.1:PORT/system                     | neither",
                "vbogus:///system?socket=SOCKET                         | neither",
                "http://127.0.0.1/                                      | neither",
                "qemu+tcp://user:secret@127.0.0.1:1/system              | neither",
                "qemu+tcp://127.0.0.1:1/system                          | neither",
                "qemu+tcp://[::1]:1/system                              | neither",
                "qemu+tcp://127.0.0.1:PORT/system?auth=polkit           | neither",
                "qemu+tcp://127.0.0.1:PORT/system?auth=sasl             | neither",
                "qemu+tcp://127.0.0.1:PORT/system?auth=none             | neither",
                "qemu+tcp://no-such-host.invalid/system                 | neither",
                "qemu+unix:///system?socket=SOCKET                      | both",
                "qemu:///system?socket=SOCKET                           | both",
                "qemu:///system?Socket=SOCKET                           | both",
                "qemu:///system?socket=SOCKET&mode=legacy               | both",
                "qemu:///system?socket=SOCKET&mode=direct               | both",
                "qemu:///system?socket=SOCKET&mode=own                  | neither",
                "test+unix:///default?socket=SOCKET                     | both",
                "qemu+unix://127.0.0.1/system?socket=SOCKET             | neither",
                "qemu:///system?socket=/nowhere/sock                    | neither",
                "qemu://system                                          | neither",
                "qemu+tpc://127.0.0.1:PORT/system                       | neither",
                "qemu+tcp://127.0.0.1:PORT/system?no_verify=x           | neither",
                "system                                                 | neither",
                "qemu+ext:///system                                     | neither",
                // On purpose: libvirt ignores these without a word.
                "qemu+tcp://127.0.0.1:PORT/system?command=ssh           | virsh",
                "qemu+tcp://127.0.0.1:PORT/system?mode=legacy           | virsh",
                "qemu+unix://:7/system?socket=SOCKET                    | virsh",
                "qemu+tcp://127.0.0.1:PORT/system#part                  | virsh",
                "qemu+tcp://user:secret@127.0.0.1:PORT/system           | virsh",
            },
            delimiter = '|')
    void connectsWhereVirshDoes(String text, String who, Libvirtd server) throws Exception {
        String uri = text.replace("PORT", Integer.toString(server.tcpPort()))
                .replace("SOCKET", server.socket().toString());
        String virsh = virsh(uri);
        String ours = ours(uri);
        assertThat(virsh.startsWith("error") ? "no" : "yes")
                .as("virsh: %s", virsh)
                .isEqualTo(who.equals("neither") ? "no" : "yes");
        assertThat(ours.startsWith("error") ? "no" : "yes")
                .as("ours: %s", ours)
                .isEqualTo(who.equals("both") ? "yes" : "no");
        if (who.equals("both")) {
            assertThat(ours).isEqualTo(virsh);
        }
    }

    /** Which hypervisor virsh reached, in the server's words. */
    private static String virsh(String uri) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("virsh", "--quiet", "--connect", uri, "capabilities")
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() == 0 ? output.strip() : "error: " + output;
    }

    private static String ours(String uri) {
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            return libvirt.capabilities().join().strip();
        } catch (RuntimeException e) {
            assertThat(LibvirtException.unwrap(e)).isInstanceOf(LibvirtException.class);
            return "error: " + LibvirtException.unwrap(e).getMessage();
        }
    }
}
