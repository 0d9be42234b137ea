// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.protocol.qemu.DomainAgentCommandArgs;
import dev.virtwire.protocol.remote.ConnectDomainXmlFromNativeArgs;
import dev.virtwire.protocol.remote.DomainBackupBeginArgs;
import dev.virtwire.protocol.remote.DomainBlockCopyArgs;
import dev.virtwire.protocol.remote.DomainDefineXmlFlagsArgs;
import dev.virtwire.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainMigrateBegin3Args;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainSaveParamsArgs;
import dev.virtwire.protocol.remote.DomainSetLaunchSecurityStateArgs;
import dev.virtwire.protocol.remote.DomainSetUserPasswordArgs;
import dev.virtwire.protocol.remote.SecretRef;
import dev.virtwire.protocol.remote.SecretSetValueArgs;
import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.protocol.remote.TypedParamValue.StringValue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever prints a record, a debugger or a log of the user's own, shows no password by that. */
class SecretFieldsTest {
    private static final DomainRef WEB1 = new DomainRef("web1", new UUID(1, 2), 7);
    private static final String XML = "<domain><devices><graphics passwd='s3cret'/></devices></domain>";

    static Stream<Record> records() {
        return Stream.of(
                new DomainSetUserPasswordArgs(WEB1, "root", "s3cret", Set.of()),
                new DomainAgentCommandArgs(WEB1, "{'password':'s3cret'}", 5, 0),
                new DomainDefineXmlFlagsArgs(XML, Set.of()),
                new DomainGetXmlDescResult(XML),
                new ConnectDomainXmlFromNativeArgs("xen-xl", "vncpasswd = 's3cret'", 0),
                new DomainMigrateBegin3Args(WEB1, XML, Set.of(), null, 0),
                new DomainBackupBeginArgs(WEB1, "<domainbackup/>", XML, Set.of()),
                new DomainBlockCopyArgs(WEB1, "vda", "<cookie>s3cret</cookie>", List.of(), Set.of()),
                new DomainSaveParamsArgs(WEB1, List.of(new TypedParam("dxml", new StringValue(XML))), Set.of()),
                new DomainSetLaunchSecurityStateArgs(
                        WEB1, List.of(new TypedParam("sev-secret", new StringValue("s3cret"))), 0),
                new SecretSetValueArgs(
                        new SecretRef(new UUID(1, 2), 0, "x"), "s3cret".getBytes(StandardCharsets.UTF_8), 0));
    }

    @ParameterizedTest
    @MethodSource("records")
    void aSecretIsNotInTheText(Record record) {
        assertThat(record.toString()).doesNotContain("s3cret").containsAnyOf("=[secret]", " bytes");
    }
}
