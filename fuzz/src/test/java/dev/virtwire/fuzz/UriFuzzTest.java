// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.UriExplanation;
import dev.virtwire.nbd.NbdUri;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a URI says, it is taken apart or refused with a sentence, be it of libvirt or of NBD. */
class UriFuzzTest {
    static Stream<byte[]> seeds() {
        return Stream.of(
                        "qemu:///system",
                        "qemu+unix:///system?socket=/run/libvirt/libvirt-sock&mode=legacy",
                        "qemu+tcp://user@[::1]:16509/system?name=qemu:///x&pkipath=/y",
                        "qemu+ssh://root@host.example/session?keyfile=/k&no_verify=1;sshauth=agent",
                        "test:///default",
                        "remote+tls://h/",
                        "qemu+unix:///system?socket=%00",
                        "nbd://host:10809/export",
                        "nbd://[::1]/",
                        "nbd+unix:///export?socket=/run/nbd.sock",
                        "nbd+unix:///export?socket=%00")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void parses(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        libvirt(text);
        nbd(text);
    }

    private static void libvirt(String text) {
        try {
            LibvirtUri uri = LibvirtUri.parse(text);
            assertThat(uri).hasToString(text);
            assertThat(uri.openName()).isNotNull();
            assertThat(uri.where()).isNotEmpty();
            assertThat(UriExplanation.of(text, true, Map.of()).target()).isNotEmpty();
            assertThat(UriExplanation.of(text, false, Map.of()).target()).isNotEmpty();
        } catch (InvalidUriException e) {
            assertThat(e.getMessage()).startsWith("URI '");
        }
    }

    private static void nbd(String text) {
        NbdUri uri;
        try {
            uri = NbdUri.parse(text);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotEmpty();
            return;
        }
        assertThat(uri.toString()).startsWith("nbd");
    }
}
