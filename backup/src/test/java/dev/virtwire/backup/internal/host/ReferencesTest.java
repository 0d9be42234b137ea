// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import dev.virtwire.client.CallTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReferencesTest {
    private static final Reference DEFAULT =
            new Reference(Kind.NETWORK, "default", "<network><name>default</name></network>", true);

    private static Reference named(Kind kind, String name) {
        return new Reference(kind, name, null, false);
    }

    @Test
    void whatCannotBeDescribedIsNamedAndTheRestIsThere() {
        References asked = new References(List.of(
                named(Kind.SECRET, "no-uuid"),
                named(Kind.POOL, "slow"),
                named(Kind.FILTER, "torn"),
                named(Kind.NETWORK, "default")));
        List<String> missing = new ArrayList<>();

        References fetched = asked.fetched(
                reference -> switch (reference.kind()) {
                    case SECRET -> {
                        UUID.fromString(reference.name());
                        yield List.of();
                    }
                    case POOL -> throw new CallTimeoutException("the host did not answer within 30 s");
                    case FILTER -> List.of(new Reference(Kind.FILTER, "torn", "<filter name='torn'>", false));
                    case NETWORK -> List.of(DEFAULT);
                },
                missing);

        assertThat(fetched.all()).containsExactly(DEFAULT);
        assertThat(References.parse(fetched.toXml().getBytes(StandardCharsets.UTF_8))
                        .all())
                .containsExactly(DEFAULT);
        assertThat(missing).hasSize(3);
        assertThat(missing.get(0))
                .isEqualTo("the description of secret no-uuid is not in it: Invalid UUID string: no-uuid");
        assertThat(missing.get(1))
                .isEqualTo("the description of storage pool slow is not in it: the host did not answer within 30 s");
        assertThat(missing.get(2)).startsWith("the description of network filter torn is not in it: ");
    }
}
