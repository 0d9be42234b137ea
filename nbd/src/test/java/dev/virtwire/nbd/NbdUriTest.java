// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NbdUriTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "nbd://host:10810/vda",
                "nbd://127.0.0.1:10809/",
                "nbd://[::1]:10809/a/b%20c",
                "nbd+unix:///vda?socket=/run/x%3Fy%2Bz.sock",
                "nbd+unix:///?socket=/run/nbd.sock",
                "nbd+unix:///%C3%A9?socket=/run/nbd.sock",
            })
    void whatIsPrintedIsWhatWasParsed(String text) {
        assertThat(NbdUri.parse(text)).hasToString(text);
        assertThat(NbdUri.parse(NbdUri.parse(text).toString())).isEqualTo(NbdUri.parse(text));
    }

    @Test
    void thePartsAreFound() {
        assertThat(NbdUri.parse("nbd://host")).isEqualTo(new NbdUri(new NbdAddress.Tcp("host", 10809), ""));
        assertThat(NbdUri.parse("nbd://[::1]:7/a/b")).isEqualTo(new NbdUri(new NbdAddress.Tcp("::1", 7), "a/b"));
        assertThat(NbdUri.parse("nbd+unix:///v%20a?socket=/a%26b+c"))
                .isEqualTo(new NbdUri(new NbdAddress.Unix(Path.of("/a&b+c")), "v a"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nbds://host/x | \"nbds://host/x\" is no NBD URI that is supported: it starts neither with nbd: nor nbd+unix:",
                "vda           | \"vda\" is no NBD URI that is supported: it starts neither with nbd: nor nbd+unix:",
                "nbd:///vda    | \"nbd:///vda\" names no host; expected nbd://host:port/export",
                "nbd+unix:///x | \"nbd+unix:///x\" names no socket; expected nbd+unix:///export?socket=/path",
                "nbd://h:70000 | NBD port 70000 is not between 1 and 65535",
                "nbd://a b     | \"nbd://a b\" is no URI: Illegal character in authority at index 6: nbd://a b",
            })
    void whatIsWrongIsSaid(String text, String message) {
        assertThatThrownBy(() -> NbdUri.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
