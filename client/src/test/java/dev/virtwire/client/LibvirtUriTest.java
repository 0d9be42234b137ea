// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.LibvirtUri.Transport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LibvirtUriTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "qemu:///system,                          qemu,   UNIX, -,    -,            -1,    qemu:///system",
                "qemu:///session,                         qemu,   UNIX, -,    -,            -1,    qemu:///session",
                "qemu+unix:///system?socket=/x/y,         qemu,   UNIX, -,    -,            -1,    qemu:///system",
                "qemu+tcp://host/system,                  qemu,   TCP,  -,    host,         -1,    qemu:///system",
                "qemu+TCP://host:1/system,                qemu,   TCP,  -,    host,         1,     qemu:///system",
                "qemu+TcP://u@[::1]:16509/system,         qemu,   TCP,  u,    ::1,          16509, qemu:///system",
                "qemu://host/system,                      qemu,   TLS,  -,    host,         -1,    qemu:///system",
                "qemu+ssh://root@h_1.example:22/system,   qemu,   SSH,  root, h_1.example,  22,    qemu:///system",
                "test+tcp://h/default?foo=b,              test,   TCP,  -,    h,            -1,    test:///default?foo=b",
                "test+tcp://h/default?foo=b;Mode=legacy,  test,   TCP,  -,    h,            -1,    test:///default?foo=b",
                "test+tcp://h/default?name=test:///x,     test,   TCP,  -,    h,            -1,    test:///x",
                "remote+tcp://h/,                         remote, TCP,  -,    h,            -1,    ''",
                "remote+tcp://h/?name=,                   remote, TCP,  -,    h,            -1,    ''",
                "xen,                                     xen,    UNIX, -,    -,            -1,    xen:///system",
                "qemu+tcp://h,                            qemu,   TCP,  -,    h,            -1,    qemu:///",
                "qemu+tcp:///system,                      qemu,   TCP,  -,    -,            -1,    qemu:///system",
            })
    void takesUrisApart(
            String text, String driver, Transport transport, String user, String host, int port, String openName) {
        LibvirtUri uri = LibvirtUri.parse(text);
        assertThat(uri.driver()).isEqualTo(driver);
        assertThat(uri.transport()).isEqualTo(transport);
        assertThat(uri.user()).isEqualTo(user);
        assertThat(uri.host()).isEqualTo(host);
        assertThat(uri.port()).isEqualTo(port);
        assertThat(uri.openName()).isEqualTo(openName);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "qemu://system | 'system' stands where the host belongs; write qemu:///system, with three slashes",
                "qemu+tpc://h/system | unknown transport 'tpc'; known are unix, tcp, tls, ssh, libssh, libssh2, ext",
                "qemu+unix://h/system | a UNIX socket has no host, and 'h' is one",
                "http://x | 'http' is no driver that is known; write a driver of libvirt's, as in qemu+ssh://x/system, or a transport with it if only the server knows it, as in http+tls://x",
                "system | it does not begin with a driver, as qemu:///system does",
                "qemu:system | '//' is missing after 'qemu:', as in qemu:///system",
                "qemu+tcp://h:99999/system | '99999' is no port number from 1 to 65535",
                "qemu+tcp://h:x1/system | 'x1' is no port number from 1 to 65535",
                "qemu+tcp://h/sys tem | Illegal character in path at position 16",
                "qemu+unix://:7/system | a UNIX socket has no port, and 7 is one",
                "qemu+unix:///system?socket= | parameter 'socket' is empty",
                "qemu+tcp://h/system?socket | parameter 'socket' has no value",
                "qemu+tcp://h/system#x | a fragment ('#x') has no meaning here",
            })
    void saysWhatIsWrongWithAUri(String text, String why) {
        assertThatThrownBy(() -> LibvirtUri.parse(text))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage("URI '" + text + "': " + why);
    }

    @Test
    void decodesEscapesAndKeepsPlusSigns() {
        LibvirtUri uri = LibvirtUri.parse("qemu+unix:///system?socket=%2Ftmp%2Fa+b&auth=polkit");
        assertThat(uri.parameter("socket")).contains("/tmp/a+b");
        assertThat(uri.parameter("auth")).contains("polkit");
    }

    @Test
    void namesTheServerForMessages() {
        assertThat(LibvirtUri.parse("qemu:///system").where()).isEqualTo("this host");
        assertThat(LibvirtUri.parse("qemu+tcp://h:1/system").where()).isEqualTo("h:1");
        assertThat(LibvirtUri.parse("qemu+tcp://[::1]:1/system").where()).isEqualTo("[::1]:1");
    }

    @ParameterizedTest
    @CsvSource({
        "qemu+ssh://root:s3cret@h:1/system,      qemu+ssh://root:[password]@h:1/system",
        "qemu+tcp://root:s3cret@h,               qemu+tcp://root:[password]@h",
        "qemu://root%3As3cret@h/system,          qemu://root:[password]@h/system",
        "qemu+ssh://root:s3/cret@h/system,       qemu+ssh://root:[password]@h/system",
        "qemu+ssh://root:s3@cr#e?t@h/system,     qemu+ssh://root:[password]@h/system",
        "qemu+ssh://root:s3^cret @h/system,      qemu+ssh://root:[password]@h/system",
        "qemu+ssh://:s3cret@h/system,            qemu+ssh://:[password]@h/system",
        "qemu+ssh:/root:s3cret@h/system,         qemu+ssh:/root:[password]@h/system",
    })
    void aPasswordIsRefusedAndNotShown(String text, String shown) {
        assertThatThrownBy(() -> LibvirtUri.parse(text))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage("URI '%s': a password in a URI means nothing to libvirt; use auth.conf", shown);
    }

    @ParameterizedTest
    @CsvSource({
        "qemu+ssh:root:s3cret@h/system, qemu+ssh:[login]@h/system",
        "root:s3cret@h,                 root:[login]@h",
        "my_user:s3cret@h,              my_user:[login]@h",
    })
    void whatMayBeAPasswordIsNotShownEither(String text, String shown) {
        assertThatThrownBy(() -> LibvirtUri.parse(text))
                .isInstanceOf(InvalidUriException.class)
                .message()
                .startsWith("URI '" + shown + "': ")
                .doesNotContain("s3cret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "qemu+tcp://h:22/path@x",
                "qemu+tls://h:16514?pkipath=/certificates@h",
                "qemu+tcp://u@[::1]:22/a@b",
                "qemu+tcp://h/system?name=test://a:b@c",
                "foo+tls://h/system",
                "foo:///system",
                "qemu+tcp://a@b@h/system"
            })
    void whatOnlyLooksLikeIt(String text) {
        assertThat(LibvirtUri.parse(text)).hasToString(text);
    }
}
