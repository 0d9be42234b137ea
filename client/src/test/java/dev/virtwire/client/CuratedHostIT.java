// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.network.Network;
import dev.virtwire.client.node.NodeDevice;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.client.secret.Secret;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectListAllNetworksFlags;
import dev.virtwire.protocol.remote.ConnectListAllNodeDevicesFlags;
import dev.virtwire.protocol.remote.NetworkUpdateCommand;
import dev.virtwire.protocol.remote.NetworkUpdateFlags;
import dev.virtwire.protocol.remote.NetworkUpdateSection;
import dev.virtwire.protocol.remote.SecretUsageType;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What people do with a host: networks and tuning with libvirt's test driver, secrets and figures with the real one.
 */
@ExtendWith(LibvirtdExtension.class)
class CuratedHostIT {
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
    void aNetworkIsDefinedStartedChangedAndStopped() {
        String xml = "<network><name>ours</name><bridge name='ours0'/>"
                + "<ip address='192.0.2.1' netmask='255.255.255.0'><dhcp><range start='192.0.2.2' end='192.0.2.9'/></dhcp></ip>"
                + "</network>";
        Network network = test.networks().define(xml).join();
        assertThat(network.isActive().join()).isFalse();
        assertThat(network.isPersistent().join()).isTrue();
        network.start().join();
        assertThat(network.isActive().join()).isTrue();
        assertThat(network.bridgeName().join()).isEqualTo("ours0");
        assertThat(test.networks().find("ours").join())
                .isEqualTo(network)
                .hasSameHashCodeAs(network)
                .hasToString("ours (" + network.uuid() + ")");
        assertThat(test.networks().find(network.uuid()).join()).isEqualTo(network);
        assertThat(test.networks().list().join()).contains(network);
        assertThat(test.networks().list(ConnectListAllNetworksFlags.INACTIVE).join())
                .doesNotContain(network);
        network.update(
                        NetworkUpdateCommand.ADD_LAST,
                        NetworkUpdateSection.IP_DHCP_HOST,
                        -1,
                        "<host mac='52:54:00:00:00:01' ip='192.0.2.5'/>",
                        NetworkUpdateFlags.LIVE)
                .join();
        assertThat(network.xml().join()).contains("52:54:00:00:00:01");
        network.setAutostart(true).join();
        assertThat(network.autostart().join()).isTrue();
        network.destroy().join();
        network.undefine().join();
        assertThatThrownBy(() -> test.networks().find("ours").join())
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        error -> assertThat(error.is(ErrorCode.NO_NETWORK)).isTrue());
    }

    @Test
    void aSecretKeepsItsValue() {
        Secret secret = libvirt.secrets()
                .define(
                        "<secret ephemeral='yes' private='no'><usage type='volume'><volume>/curated</volume></usage></secret>")
                .join();
        try {
            assertThat(secret.usageType()).contains(SecretUsageType.VOLUME);
            assertThat(secret.usage()).isEqualTo("/curated");
            assertThat(libvirt.secrets().find(secret.uuid()).join())
                    .isEqualTo(secret)
                    .hasSameHashCodeAs(secret);
            assertThat(libvirt.secrets()
                            .find(SecretUsageType.VOLUME, "/curated")
                            .join())
                    .isEqualTo(secret);
            assertThat(libvirt.secrets().list().join()).contains(secret);
            assertThatThrownBy(() -> secret.value().join())
                    .cause()
                    .isInstanceOfSatisfying(
                            RemoteException.class,
                            error -> assertThat(error.is(ErrorCode.NO_SECRET)).isTrue());
            secret.setValue(new byte[] {0, 1, 2}).join();
            assertThat(secret.value().join()).containsExactly(0, 1, 2);
            assertThat(secret.xml().join()).contains("/curated");
            assertThat(secret).hasToString(secret.uuid() + " for /curated");
        } finally {
            secret.undefine().join();
        }
        assertThat(libvirt.secrets().list().join()).doesNotContain(secret);
    }

    @Test
    void theHostTellsWhatItIs() {
        assertThat(libvirt.hypervisorType().join()).isEqualTo("QEMU");
        assertThat(libvirt.isSecure().join()).isTrue();
        assertThat(libvirt.node().info().join()).satisfies(info -> {
            assertThat(info.model()).isEqualTo("x86_64");
            assertThat(info.cpus()).isEqualTo(Runtime.getRuntime().availableProcessors());
            assertThat(info.memoryKiB()).isPositive();
        });
        assertThat(libvirt.node().onlineCpus().join().cardinality())
                .isEqualTo(libvirt.node().info().join().cpus());
        assertThat(libvirt.node().cpuStatistics().join()).containsKeys("kernel", "user", "idle");
        assertThat(libvirt.node().memoryStatistics().join()).containsKeys("total", "free");
        assertThat(libvirt.node().freeMemory().join()).isPositive();
        assertThat(libvirt.node().cellsFreeMemory(0, 1).join()).hasSize(1);
        assertThat(libvirt.node().capabilities().join()).startsWith("<capabilities>");
        assertThat(libvirt.node().domainCapabilities(null, null, null, null).join())
                .startsWith("<domainCapabilities>");
        assertThat(libvirt.node().maximumVcpus(null).join()).isPositive();
        assertThat(libvirt.node().cpuModelNames("x86_64").join()).contains("qemu64");
    }

    @Test
    void theHostsDevicesAreListed() {
        NodeDevice computer = test.node().devices().join().stream()
                .filter(device -> device.name().equals("computer"))
                .findFirst()
                .orElseThrow();
        assertThat(test.node().device("computer").join()).isEqualTo(computer).hasSameHashCodeAs(computer);
        assertThat(computer.parent().join()).isEmpty();
        assertThat(computer.xml().join()).contains("<name>computer</name>");
        assertThat(test.node().devices(ConnectListAllNodeDevicesFlags.SCSI_HOST).join())
                .allSatisfy(device -> assertThat(device.parent().join()).isPresent());
    }

    @Test
    void parametersThatAreAskedForTwiceComeByOneCall() {
        Domain domain = test.domain("test").join();
        domain.memory()
                .setLimits(TypedParameters.builder()
                        .putUllong("soft_limit", 1 << 20)
                        .build())
                .join();
        assertThat(domain.memory().limits().join().number("soft_limit")).hasValue(1 << 20);
        assertThat(domain.tuning().blkio().join().number("weight")).isPresent();
        assertThat(domain.tuning().numa().join().text("numa_nodeset")).isPresent();
        assertThat(domain.tuning().schedulerType().join()).isEqualTo("fair");
        assertThat(domain.tuning().scheduler().join().find("weight")).isPresent();
        assertThat(domain.interfaces().limits("aa:bb:cc:dd:ee:ff").join().number("inbound.average"))
                .isPresent();
        assertThat(domain.vcpus().totalStatistics().join().number("cpu_time")).isPresent();
        assertThat(domain.interfaces().statistics("testnet0").join().receivedBytes())
                .isPositive();
    }
}
