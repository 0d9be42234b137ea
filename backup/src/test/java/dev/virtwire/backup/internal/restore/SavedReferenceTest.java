// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SavedReferenceTest {
    private static final String UUID = "0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11";
    private static final String OF_ANOTHER = "its saved description is of another one";

    private static @Nullable String refusal(Kind kind, String name, String xml) {
        return new SavedReference(new Reference(kind, name, xml, false)).refusal();
    }

    @Test
    void aDescriptionOfAnotherNameIsRefused() {
        String network = "<network><name>default</name><uuid>" + UUID + "</uuid></network>";
        assertThat(refusal(Kind.NETWORK, "default", network)).isNull();
        assertThat(refusal(Kind.NETWORK, "foo", network)).isEqualTo(OF_ANOTHER);
        assertThat(refusal(Kind.NETWORK, "foo", "<network/>")).isEqualTo(OF_ANOTHER);
        assertThat(refusal(Kind.POOL, "foo", "<pool type='dir'><name>foo</name></pool>"))
                .isNull();
        assertThat(refusal(Kind.POOL, "foo", "<pool type='dir'><name>bar</name></pool>"))
                .isEqualTo(OF_ANOTHER);
        assertThat(refusal(Kind.FILTER, "foo", "<filter name='foo'/>")).isNull();
        assertThat(refusal(Kind.FILTER, "foo", "<filter name='bar'><name>foo</name></filter>"))
                .isEqualTo(OF_ANOTHER);
    }

    @Test
    void aSecretIsOfItsUuidOrUsage() {
        String volume =
                "<secret><uuid>" + UUID + "</uuid><usage type='volume'><volume>/a.img</volume></usage></secret>";
        assertThat(refusal(Kind.SECRET, UUID, volume)).isNull();
        assertThat(refusal(Kind.SECRET, "1ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11", volume))
                .isEqualTo(OF_ANOTHER);
        assertThat(refusal(Kind.SECRET, "passphrase:/a.img", volume)).isNull();
        assertThat(refusal(Kind.SECRET, "volume:/b.img", volume)).isEqualTo(OF_ANOTHER);
        assertThat(refusal(Kind.SECRET, "ceph:/a.img", volume)).isEqualTo(OF_ANOTHER);
        assertThat(refusal(
                        Kind.SECRET, "iscsi:foo", "<secret><usage type='iscsi'><target>foo</target></usage></secret>"))
                .isNull();
        assertThat(refusal(Kind.SECRET, "ceph:foo", "<secret/>")).isEqualTo(OF_ANOTHER);
    }

    @Test
    void whatIsNotLibvirtsOwnIsRefused() {
        String xml = "<network%s><name>foo</name><metadata><a:b xmlns:a='urn:app'/></metadata>%s</network>";
        String dnsmasq = "http://libvirt.org/schemas/network/dnsmasq/1.0";
        assertThat(refusal(Kind.NETWORK, "foo", xml.formatted("", ""))).isNull();
        assertThat(refusal(
                        Kind.NETWORK,
                        "foo",
                        xml.formatted(
                                " xmlns:dnsmasq='" + dnsmasq + "'",
                                "<dnsmasq:options><dnsmasq:option value='dhcp-script=/tmp/x'/></dnsmasq:options>")))
                .isEqualTo("its saved description has options that are not libvirt's own (xmlns): look at it, and"
                        + " define it yourself");
        assertThat(refusal(
                        Kind.NETWORK,
                        "foo",
                        xml.formatted(
                                "", "<options xmlns='" + dnsmasq + "'><option value='dhcp-script=/x'/></options>")))
                .contains("xmlns");
    }
}
