// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.xml.XmlElement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecondDomainTest {
    private final List<String> informed = new ArrayList<>();
    private final List<String> warned = new ArrayList<>();

    private String devices(String xml) {
        XmlElement domain = XmlElement.parse(
                "domain XML", "domain", "<domain><name>one</name><devices>" + xml + "</devices></domain>");
        new SecondDomain(domain, "two", informed::add, warned::add).free();
        String freed = domain.toXml();
        return freed.substring("<domain><name>one</name>".length(), freed.length() - "</domain>".length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<graphics type='spice' port='5901' tlsPort='5902' autoport='no'/>"
                        + " | <graphics autoport=\"yes\" type=\"spice\"/>"
                        + " | libvirt chooses where SPICE of two listens: one has a fixed port",
                "<graphics type='vnc' port='-1' autoport='yes' websocket='5700'/>"
                        + " | <graphics autoport=\"yes\" port=\"-1\" type=\"vnc\" websocket=\"-1\"/>"
                        + " | libvirt chooses where VNC of two listens: one has a fixed port",
                "<graphics type='vnc' socket='/x.sock'><listen type='socket' socket='/x.sock'/></graphics>"
                        + " | <graphics type=\"vnc\"><listen type=\"socket\"/></graphics>"
                        + " | libvirt chooses where VNC of two listens: one has /x.sock",
                "<channel type='unix'><source mode='bind' path='/a.sock'/><target type='virtio' name='a.0'/></channel>"
                        + " | <channel type=\"unix\"><target name=\"a.0\" type=\"virtio\"/></channel>"
                        + " | channel a.0 of two is a socket that libvirt names: one has /a.sock",
                "<vsock model='virtio'><cid auto='no' address='7'/></vsock>"
                        + " | <vsock model=\"virtio\"><cid auto=\"yes\"/></vsock>"
                        + " | libvirt chooses the vsock address of two: one has 7",
                "<filesystem type='mount'><source dir='/share'/><target dir='s'/></filesystem>"
                        + " | <filesystem type=\"mount\"><source dir=\"/share\"/><target dir=\"s\"/></filesystem>"
                        + " | two shares /share of the host with one",
            })
    void whatLibvirtCanChooseIsLeftToLibvirt(String device, String freed, String told) {
        assertThat(devices(device)).isEqualTo("<devices>" + freed + "</devices>");
        assertThat(informed).containsExactly(told);
        assertThat(warned).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<serial type='file'><source path='/one.log'/><target port='0'/></serial>"
                        + " | <serial type=\"pty\"><target port=\"0\"/></serial>"
                        + " | serial port 0 of two is a pseudoterminal: one has /one.log",
                "<serial type='pty'><log file='/one.log'/><target port='1'/></serial>"
                        + " | <serial type=\"pty\"><target port=\"1\"/></serial>"
                        + " | serial port 1 of two is not logged: one logs to /one.log",
                "<parallel type='udp'><source mode='bind' service='99'/><source mode='connect' host='h' service='1'/>"
                        + "<target port='0'/></parallel>"
                        + " | <parallel type=\"pty\"><target port=\"0\"/></parallel>"
                        + " | parallel port 0 of two is a pseudoterminal: one has port 99",
                "<interface type='user'><portForward proto='tcp'/></interface> | <interface type=\"user\"/>"
                        + " | no port of the host is forwarded to two: one has these ports",
            })
    void whatItCannotChooseIsTold(String device, String freed, String told) {
        assertThat(devices(device)).isEqualTo("<devices>" + freed + "</devices>");
        assertThat(informed).isEmpty();
        assertThat(warned).containsExactly(told);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<hostdev mode='subsystem' type='pci'><source>"
                        + "<address domain='0x0000' bus='0x03' slot='0x00' function='0x1'/></source></hostdev>"
                        + " | the host's pci device 0000:03:00.1",
                "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source>"
                        + "</hostdev> | the host's usb device 1234:beef",
                "<interface type='hostdev'><mac address='52:54:00:00:00:01'/></interface>"
                        + " | the network interface 52:54:00:00:00:01 of type hostdev",
                "<tpm><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>"
                        + " | the TPM of type passthrough",
                "<input type='evdev'><source dev='/dev/input/event1'/></input>"
                        + " | the host's input device /dev/input/event1",
                "<lease><lockspace>s</lockspace><key>k</key></lease> | the lease k",
                "<memory model='nvdimm'><source><path>/mem</path></source></memory> | the memory that is kept in /mem",
                "<redirdev bus='usb' type='tcp'><source mode='bind' host='h' service='4000'/></redirdev>"
                        + " | a USB redirection at port 4000",
            })
    void whatOnlyOneDomainCanUseIsDropped(String device, String dropped) {
        assertThat(devices(device)).isEqualTo("<devices/>");
        assertThat(warned)
                .containsExactly("two does not have " + dropped + ", which only one domain can use, and one has it");
    }

    @Test
    void theFirstConsoleFollowsTheSerialPortAndIsToldOfOnce() {
        assertThat(devices("<serial type='file'><source path='/l'/><target port='0'/></serial>"
                        + "<console type='file'><source path='/l'/><target type='serial' port='0'/></console>"))
                .isEqualTo("<devices><serial type=\"pty\"><target port=\"0\"/></serial>"
                        + "<console type=\"pty\"><target port=\"0\" type=\"serial\"/></console></devices>");
        assertThat(warned).hasSize(1);
    }

    @Test
    void networkInterfacesGetNamesAndAddressesOfTheirOwn() {
        assertThat(devices("<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>"
                        + "<target dev='tap-one'/><virtualport type='openvswitch'><parameters interfaceid='i'/>"
                        + "</virtualport></interface>"))
                .isEqualTo("<devices><interface type=\"bridge\"><source bridge=\"br0\"/>"
                        + "<virtualport type=\"openvswitch\"><parameters/></virtualport></interface></devices>");
        assertThat(informed).isEmpty();
        assertThat(warned).isEmpty();
    }
}
