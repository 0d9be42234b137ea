// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SavedReferenceTest {
    private static final String UUID = "0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11";
    private static final String YOURSELF = ": look at it in references.xml of the point, and define it yourself";
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
                .isEqualTo("its saved description has options that are not libvirt's own (xmlns)" + YOURSELF);
        assertThat(refusal(
                        Kind.NETWORK,
                        "foo",
                        xml.formatted(
                                "", "<options xmlns='" + dnsmasq + "'><option value='dhcp-script=/x'/></options>")))
                .contains("xmlns");
    }

    private static @Nullable String network(String content) {
        return refusal(Kind.NETWORK, "foo", "<network><name>foo</name>" + content + "</network>");
    }

    /** What is made is started at once, whatever somebody wrote into the repository. */
    @Test
    void aNetworkConcernsItsGuestsAlone() {
        assertThat(network("<bridge name='virbr7' stp='on' delay='0'/><mac address='52:54:00:11:22:33'/>"))
                .isNull();
        assertThat(network("<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>"
                        + "<domain name='lan'/><dns><host ip='10.9.0.2'><hostname>a</hostname></host></dns>"
                        + "<ip address='10.9.0.1' netmask='255.255.255.0'><dhcp><range start='10.9.0.2'"
                        + " end='10.9.0.99'><lease expiry='1' unit='hours'/></range><host mac='52:54:00:1:2:3'"
                        + " ip='10.9.0.2'/><bootp file='pxe' server='10.9.0.7'/></dhcp></ip>"
                        + "<ip family='ipv6' address='fd12::1' prefix='64'/>"))
                .isNull();
        assertThat(network("<forward mode='bridge'/><bridge name='br0'/><portgroup name='a'><vlan><tag id='7'/></vlan>"
                        + "</portgroup>"))
                .isNull();
        for (String forward : new String[] {
            "<forward mode='route'/>",
            "<forward mode='open'/>",
            "<forward mode='hostdev'><pf dev='eth0'/></forward>",
            "<forward mode='passthrough'><interface dev='eth0'/></forward>",
            "<forward mode='bridge'><interface dev='eth0'/></forward>"
        }) {
            assertThat(network(forward))
                    .as(forward)
                    .matches("it forwards by '[a-z]+', and only networks that are isolated, by NAT or on a bridge of"
                            + " the host are made" + YOURSELF);
        }
        assertThat(network("<ip address='10.9.0.1' prefix='24'><tftp root='/'/></ip>"))
                .isEqualTo("its saved description has 'ip/tftp', which concerns more than its guests" + YOURSELF);
        for (String more : new String[] {
            "<route address='10.8.0.0' prefix='16' gateway='10.9.0.7'/>",
            "<bridge name='virbr7' zone='trusted'/>",
            "<domain name='example.com' register='yes'/>",
            "<something/>"
        }) {
            assertThat(network(more)).as(more).contains("which concerns more than its guests");
        }
    }

    @Test
    void aNetworkHasNoAddressesOfOthers() {
        for (String ip : new String[] {
            "address='10.0.0.1'",
            "address='10.0.0.1' prefix='8'",
            "address='172.31.0.1' netmask='255.240.0.0'",
            "address='192.168.122.1' netmask='255.255.255.0'",
            "family='ipv6' address='fd00:1::1' prefix='64'"
        }) {
            assertThat(network("<ip " + ip + "/>")).as(ip).isNull();
        }
        for (String ip : new String[] {
            "",
            "address='8.8.8.8' prefix='24'",
            "address='10.0.0.1' prefix='7'",
            "address='172.32.0.1'",
            "address='192.168.0.1' netmask='255.255.0.0.0'",
            "address='192.168.0.1' netmask='128.0.0.0'",
            "address='192.168.0.1' prefix='99'",
            "address='localhost'",
            "family='ipv6' address='2001:db8::1' prefix='64'",
            "family='ipv6' address='fd00::1' prefix='1'"
        }) {
            assertThat(network("<ip " + ip + "/>")).as(ip).contains("which is not of a private network");
        }
    }

    @Test
    void aPoolIsAFolder() {
        String pool = "<pool type='%s'><name>foo</name><capacity unit='bytes'>1</capacity><source>%s</source><target>"
                + "<path>/isos</path><permissions><mode>0711</mode></permissions></target></pool>";
        assertThat(refusal(Kind.POOL, "foo", pool.formatted("dir", ""))).isNull();
        for (String type : new String[] {"fs", "netfs", "logical", "disk", "iscsi", "rbd", "zfs"}) {
            assertThat(refusal(Kind.POOL, "foo", pool.formatted(type, "<device path='/dev/vdz'/>")))
                    .isEqualTo(
                            "it is of type " + type + ", and only those that are a folder (dir) are made" + YOURSELF);
        }
        assertThat(refusal(Kind.POOL, "foo", pool.formatted("dir", "<device path='/dev/vdz'/>")))
                .isEqualTo("its saved description has 'source/device', which no folder needs" + YOURSELF);
    }
}
