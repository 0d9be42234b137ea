// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.error.ErrorDomain;
import dev.virtwire.protocol.error.ErrorLevel;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** libvirt's own numbers in an error, as of libvirt 12.9. */
class ErrorNumbersTest {
    @Test
    void everyCodeOfLibvirtHasAName() {
        assertThat(IntStream.rangeClosed(0, 114))
                .allMatch(number -> ErrorCode.of(number)
                        .filter(code -> code.value() == number)
                        .isPresent());
        assertThat(ErrorCode.values()).hasSize(115);
        assertThat(ErrorCode.of(114)).contains(ErrorCode.INVALID_ENCR_KEY_SECRET);
    }

    @Test
    void everyDomainOfLibvirtHasAName() {
        assertThat(IntStream.rangeClosed(0, 72))
                .allMatch(number -> ErrorDomain.of(number)
                        .filter(domain -> domain.value() == number)
                        .isPresent());
        assertThat(ErrorDomain.values()).hasSize(73);
        assertThat(ErrorDomain.of(72)).contains(ErrorDomain.CH);
    }

    @Test
    void whatANewerServerSendsIsKeptAsANumber() {
        RemoteException error = error(9001, 9002, 9003);
        assertThat(error.code()).isEmpty();
        assertThat(error.domain()).isEmpty();
        assertThat(error.level()).isEmpty();
        assertThat(error.codeNumber()).isEqualTo(9001);
        assertThat(error.details().domain()).isEqualTo(9002);
        assertThat(error.details().level()).isEqualTo(9003);
        assertThat(error).hasMessage("no (error 9001 unknown to this client, DomainCreate on host)");
    }

    @Test
    void aKnownErrorTellsWhatRaisedItAndHowBadItIs() {
        RemoteException error = error(42, 10, 2);
        assertThat(error.code()).contains(ErrorCode.NO_DOMAIN);
        assertThat(error.domain()).contains(ErrorDomain.QEMU);
        assertThat(error.level()).isEqualTo(Optional.of(ErrorLevel.ERROR));
    }

    private static RemoteException error(int code, int domain, int level) {
        return RemoteException.of(
                "host",
                "DomainCreate",
                7,
                new RemoteException.Details(code, domain, "no", level, null, null, null, null, 0, 0, null));
    }
}
