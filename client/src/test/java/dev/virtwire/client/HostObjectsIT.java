// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.network.Network;
import dev.virtwire.client.network.NetworkFilter;
import dev.virtwire.client.network.NetworkFilters;
import dev.virtwire.client.node.HostInterface;
import dev.virtwire.client.node.HostInterfaces;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectListAllInterfacesFlags;
import dev.virtwire.protocol.remote.KeycodeSet;
import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Interfaces, filters and notes of a host, and keys of a guest; the test driver has interfaces that can be changed. */
@ExtendWith(LibvirtdExtension.class)
@DebianLibvirtd(DebianLibvirtd.NEWEST)
class HostObjectsIT {
    private Libvirt libvirt;
    private Libvirt test;

    @BeforeEach
    void connect(Libvirtd libvirtd) {
        libvirt = Libvirt.connect(libvirtd.unixUri()).join();
        test = Libvirt.connect(libvirtd.testUnixUri()).join();
    }

    @AfterEach
    void disconnect() {
        libvirt.close();
        test.close();
    }

    @Test
    void anInterfaceIsDefinedStartedAndRemoved() {
        HostInterfaces interfaces = test.node().interfaces();
        HostInterface made = interfaces
                .define("<interface type='ethernet' name='eth7'><start mode='none'/>"
                        + "<mac address='aa:bb:cc:dd:ee:77'/></interface>")
                .join();
        assertThat(made.isActive().join()).isFalse();
        made.start().join();
        assertThat(made.isActive().join()).isTrue();
        assertThat(interfaces.find("eth7").join())
                .isEqualTo(made)
                .hasSameHashCodeAs(made)
                .hasToString("eth7");
        assertThat(interfaces.findByMac(made.mac()).join()).isEqualTo(made);
        assertThat(interfaces.list(ConnectListAllInterfacesFlags.ACTIVE).join()).contains(made);
        assertThat(made.xml().join()).contains("aa:bb:cc:dd:ee:77");

        interfaces.beginChanges().join();
        made.destroy().join();
        made.undefine().join();
        interfaces.rollBackChanges().join();
        assertThat(interfaces.find("eth7").join()).isEqualTo(made);
        interfaces.beginChanges().join();
        made.undefine().join();
        interfaces.commitChanges().join();
        assertThatThrownBy(() -> interfaces.find("eth7").join())
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        error -> assertThat(error.is(ErrorCode.NO_INTERFACE)).isTrue());
    }

    @Test
    void aFilterIsDefinedFoundAndRemoved() {
        NetworkFilters filters = libvirt.networks().filters();
        NetworkFilter made = filters.define(
                        "<filter name='ours'><rule action='drop' direction='out'><all/></rule></filter>")
                .join();
        assertThat(filters.find("ours").join())
                .isEqualTo(made)
                .hasSameHashCodeAs(made)
                .hasToString("ours (" + made.uuid() + ")");
        assertThat(filters.find(made.uuid()).join()).isEqualTo(made);
        assertThat(filters.list().join()).contains(made);
        assertThat(made.xml().join()).contains("action='drop'");
        assertThat(filters.bindings().join()).isEmpty();
        assertThatThrownBy(() -> filters.binding("vnet0").join())
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        error -> assertThat(error.is(ErrorCode.NO_NWFILTER_BINDING))
                                .isTrue());
        made.undefine().join();
        assertThatThrownBy(() -> filters.find("ours").join())
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        error -> assertThat(error.is(ErrorCode.NO_NWFILTER)).isTrue());
    }

    @Test
    void aNetworkHasNotes() {
        Network network = test.networks().find("default").join();
        assertThat(network.metadata().title().join()).isEmpty();
        network.metadata().setTitle("A title").join();
        network.metadata().setDescription("Words").join();
        network.metadata().setElement("urn:ours", "o", "<note when='now'/>").join();
        assertThat(network.metadata().title().join()).contains("A title");
        assertThat(network.metadata().description().join()).contains("Words");
        assertThat(network.metadata().element("urn:ours").join().orElseThrow()).contains("<note when=");
        network.metadata().removeElement("urn:ours").join();
        network.metadata().setTitle(null).join();
        assertThat(network.metadata().element("urn:ours").join()).isEmpty();
        assertThat(network.metadata().title().join()).isEmpty();
    }

    @Test
    void aGuestHearsKeys(Libvirtd libvirtd) {
        try (Guest guest =
                Guest.on(libvirtd, "typed").disk(GuestDisk.qcow2(1 << 20)).start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            int leftShift = 42;
            int a = 30;
            domain.consoles()
                    .sendKeys(KeycodeSet.LINUX, Duration.ofMillis(50), leftShift, a)
                    .join();
            assertThatThrownBy(() -> domain.consoles()
                            .sendKeys(KeycodeSet.LINUX, Duration.ZERO, 60_000)
                            .join())
                    .hasMessageContaining("60000");
        }
    }
}
