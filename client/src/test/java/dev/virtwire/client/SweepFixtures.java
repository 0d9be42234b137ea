// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.remote.CheckpointCalls;
import dev.virtwire.protocol.remote.CheckpointRef;
import dev.virtwire.protocol.remote.ConnectListAllInterfacesFlags;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainMemoryPeekFlags;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainSnapshotRef;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.InterfaceCalls;
import dev.virtwire.protocol.remote.InterfaceRef;
import dev.virtwire.protocol.remote.NetworkCalls;
import dev.virtwire.protocol.remote.NetworkRef;
import dev.virtwire.protocol.remote.NodeDeviceCalls;
import dev.virtwire.protocol.remote.NwfilterCalls;
import dev.virtwire.protocol.remote.SaveCalls;
import dev.virtwire.protocol.remote.SecretCalls;
import dev.virtwire.protocol.remote.SecretUsageType;
import dev.virtwire.protocol.remote.SnapshotCalls;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StoragePoolRef;
import dev.virtwire.protocol.remote.StorageVolCalls;
import dev.virtwire.protocol.remote.StorageVolRef;
import dev.virtwire.protocol.remote.TypedParam;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * What a sweep's calls are about: a domain, a network, a pool with a volume, a secret and a filter of its own, which
 * are made again whenever a call took them away. What a driver does not have is missing, and calls about it fail.
 */
final class SweepFixtures {
    /** Calls before this one find a snapshot, later ones a checkpoint: QEMU has no domain with both. */
    private static final int FIRST_OF_CHECKPOINTS = 411;

    /** Calls that want the domain to be stopped. */
    private static final Set<String> DOMAIN_STOPPED = Set.of(
            "DomainCreate",
            "DomainCreateWithFlags",
            "DomainRestore",
            "DomainRestoreFlags",
            "DomainRestoreParams",
            "DomainRename");

    /** Calls that want the network or the pool to be stopped. */
    private static final Set<String> PLACES_STOPPED = Set.of(
            "NetworkCreate",
            "NetworkUndefine",
            "StoragePoolCreate",
            "StoragePoolBuild",
            "StoragePoolDelete",
            "StoragePoolUndefine");

    private final boolean pretends;
    private boolean changed = true;
    private final String domainName;
    private final String domainXml;
    private final String volumeXml;
    private final String filterXml;
    private final String networkXml;
    private final String poolXml;
    private final String secretXml;
    private final DomainCalls domains;
    private final SaveCalls saves;
    private final NetworkCalls networks;
    private final StoragePoolCalls pools;
    private final StorageVolCalls volumes;
    private final SecretCalls secrets;
    private final NwfilterCalls filters;
    private final SnapshotCalls snapshots;
    private final CheckpointCalls checkpoints;
    private final SweepArguments arguments;

    /**
     * Makes everything and says to the arguments what it is.
     *
     * @param pretends whether the driver only pretends, so that it may change the host's networks and devices
     */
    SweepFixtures(Libvirt libvirt, String domain, Path folder, boolean pretends, SweepArguments arguments) {
        this.pretends = pretends;
        this.arguments = arguments;
        domainName = domain;
        domains = new DomainCalls(libvirt);
        saves = new SaveCalls(libvirt);
        networks = new NetworkCalls(libvirt);
        pools = new StoragePoolCalls(libvirt);
        volumes = new StorageVolCalls(libvirt);
        secrets = new SecretCalls(libvirt);
        filters = new NwfilterCalls(libvirt);
        snapshots = new SnapshotCalls(libvirt);
        checkpoints = new CheckpointCalls(libvirt);
        DomainRef ref = domains.domainLookupByName(domain).join().domain();
        domainXml = domains.domainGetXmlDesc(ref, Set.of(DomainXmlFlags.INACTIVE))
                .join()
                .xml();
        networkXml = "<network><name>sweep</name><bridge name='sweep0'/>"
                + "<ip address='192.0.2.1' netmask='255.255.255.0'/></network>";
        poolXml = "<pool type='dir'><name>%s</name><target><path>" + folder.resolve("pool") + "</path></target></pool>";
        volumeXml = "<volume><name>%s</name><capacity>1048576</capacity><allocation>0</allocation></volume>";
        secretXml = "<secret ephemeral='yes' private='no'><uuid>11111111-2222-3333-4444-555555555555</uuid>"
                + "<usage type='volume'><volume>/sweep</volume></usage></secret>";
        filterXml = "<filter name='sweep' chain='root'><uuid>11111111-2222-3333-4444-666666666666</uuid></filter>";
        texts(folder);
        devices(libvirt);
    }

    private void texts(Path folder) {
        String disk = "<disk type='file' device='disk'><source file='%s'/><target dev='vdz' bus='virtio'/></disk>"
                .formatted(folder.resolve("pool/sweep.raw"));
        String cpu = "<cpu><arch>x86_64</arch><model>qemu64</model></cpu>";
        String pool = poolXml.formatted("sweep");
        String transientDomain = domainXml
                .replaceFirst("<name>[^<]*", "<name>passing")
                .replaceFirst("<uuid>[^<]*</uuid>", "")
                .replaceAll("(?s)<disk .*?</disk>|<interface .*?</interface>", "");
        List<TypedParam> saved =
                List.of(SweepArguments.text("file", folder.resolve("saved").toString()));
        arguments
                .field("DomainLookupByName.name", domainName)
                .field("DomainRename.newName", "renamed")
                .field("DomainDefineXml.xml", domainXml)
                .field("DomainDefineXmlFlags.xml", domainXml)
                .field("DomainCreateXml.xmlDesc", transientDomain)
                .field("ConnectDomainXmlToNative.nativeFormat", "qemu-argv")
                .field("domainXml", domainXml)
                .field("DomainAttachDevice.xml", disk)
                .field("DomainAttachDeviceFlags.xml", disk)
                .field("DomainDetachDevice.xml", disk)
                .field("DomainDetachDeviceFlags.xml", disk)
                .field("DomainUpdateDeviceFlags.xml", disk)
                .field("DomainSnapshotCreateXml.xmlDesc", "<domainsnapshot><name>second</name></domainsnapshot>")
                .field("DomainSnapshotLookupByName.name", "sweep")
                .field("DomainCheckpointCreateXml.xmlDesc", "<domaincheckpoint><name>second</name></domaincheckpoint>")
                .field("DomainCheckpointLookupByName.name", "sweep")
                .field("to", folder.resolve("saved").toString())
                .field("from", folder.resolve("saved").toString())
                .field("file", folder.resolve("saved").toString())
                .field("dxml", domainXml)
                // Without the file QEMU's driver keeps the domain locked without end.
                .field("DomainSaveParams.params", saved)
                .field("DomainRestoreParams.params", saved)
                .field("DomainMemoryPeek.flags", Set.of(DomainMemoryPeekFlags.VIRTUAL))
                .field("ConnectCompareCpu.xml", cpu)
                .field("ConnectBaselineCpu.xmlCpus", List.of(cpu))
                .field("ConnectCompareHypervisorCpu.xmlCpu", cpu)
                .field("ConnectBaselineHypervisorCpu.xmlCpus", List.of(cpu))
                .field("NetworkLookupByName.name", "sweep")
                .field("NetworkDefineXml.xml", networkXml)
                .field("NetworkDefineXmlFlags.xml", networkXml)
                .field("StoragePoolLookupByName.name", "sweep")
                .field("StoragePoolDefineXml.xml", pool)
                .field(
                        "StoragePoolLookupByTargetPath.path",
                        folder.resolve("pool").toString())
                .field("StorageVolLookupByName.name", "sweep.raw")
                .field(
                        "StorageVolLookupByPath.path",
                        folder.resolve("pool/sweep.raw").toString())
                .field("StorageVolCreateXml.xml", volumeXml.formatted("second.raw"))
                .field("StorageVolCreateXmlFrom.xml", volumeXml.formatted("third.raw"))
                .field("ConnectFindStoragePoolSources.type", "dir")
                .field("SecretDefineXml.xml", secretXml)
                .field("value", new byte[] {1, 2, 3})
                .field("SecretLookupByUsage.usageType", 1)
                .field("SecretLookupByUsage.usageId", "/sweep")
                .field("NwfilterLookupByName.name", "sweep")
                .field("NwfilterDefineXml.xml", filterXml)
                .field("NwfilterDefineXmlFlags.xml", filterXml)
                .field(
                        "DomainBackupBegin.backupXml",
                        "<domainbackup mode='push'><disks><disk name='vda' type='file'><target file='%s'/></disk></disks>"
                                        .formatted(folder.resolve("backup.qcow2"))
                                + "</domainbackup>");
        if (pretends) {
            String second = networkXml.replace("sweep", "second");
            arguments.field("NetworkCreateXml.xml", second);
            arguments.field("NetworkCreateXmlFlags.xml", second.replace("second", "third"));
            arguments.field("StoragePoolCreateXml.xml", poolXml.formatted("second"));
            arguments.field("InterfaceDefineXml.xml", "<interface type='ethernet' name='eth7'/>");
        }
    }

    /** Those of the host, which only calls that read are let at, unless the driver pretends. */
    private void devices(Libvirt libvirt) {
        attempt(() -> new NodeDeviceCalls(libvirt).connectListAllNodeDevices(1, Set.of()))
                .filter(list -> !list.devices().isEmpty())
                .ifPresent(list -> {
                    String device = list.devices().get(0).name();
                    for (String call : List.of(
                            "LookupByName",
                            "GetXmlDesc",
                            "GetParent",
                            "NumOfCaps",
                            "ListCaps",
                            "IsActive",
                            "IsPersistent",
                            "GetAutostart")) {
                        arguments.field("NodeDevice" + call + ".name", device);
                    }
                });
        attempt(() -> new InterfaceCalls(libvirt)
                        .connectListAllInterfaces(1, Set.of(ConnectListAllInterfacesFlags.ACTIVE)))
                .filter(list -> !list.ifaces().isEmpty())
                .ifPresent(list -> {
                    InterfaceRef iface = list.ifaces().get(0);
                    arguments.field("InterfaceLookupByName.name", iface.name());
                    arguments.field("InterfaceLookupByMacString.mac", iface.mac());
                    arguments.field("InterfaceGetXmlDesc.iface", iface);
                    arguments.field("InterfaceIsActive.iface", iface);
                    if (pretends) {
                        arguments.object(iface);
                    }
                });
    }

    /** Makes what is missing for this call, if a call before it may have taken something away. */
    void prepare(String procedure, int number) {
        boolean reads = procedure.matches(".*(Get|List|Lookup|NumOf|Num$|Is[A-Z]|Has[A-Z]|Stats|Peek).*");
        if (changed || !reads || number == FIRST_OF_CHECKPOINTS) {
            prepareAll(procedure, number);
        }
        changed = !reads;
    }

    private void prepareAll(String procedure, int number) {
        domain(!DOMAIN_STOPPED.contains(procedure), number);
        NetworkRef found = attempt(() -> networks.networkLookupByName("sweep"))
                .map(result -> result.network())
                .or(() -> attempt(() -> networks.networkDefineXml(networkXml)).map(result -> result.network()))
                .orElse(null);
        if (found != null && pretends) {
            attempt(() -> PLACES_STOPPED.contains(procedure)
                    ? networks.networkDestroy(found)
                    : networks.networkCreate(found));
        }
        if (found != null) {
            arguments.object(found);
            arguments.field("NetworkLookupByUuid.uuid", found.uuid());
        }
        if (!pretends) {
            arguments.field("NetworkCreate.network", new NetworkRef("nobody", new UUID(3, 4)));
        }
        pool(!PLACES_STOPPED.contains(procedure));
        attempt(() -> secrets.secretLookupByUsage(SecretUsageType.VOLUME, "/sweep"))
                .map(result -> result.secret())
                .or(() -> attempt(() -> secrets.secretDefineXml(secretXml, Set.of()))
                        .map(result -> result.secret()))
                .ifPresent(secret -> {
                    arguments.object(secret);
                    arguments.field("SecretLookupByUuid.uuid", secret.uuid());
                    attempt(() -> secrets.secretSetValue(secret, new byte[] {7}));
                });
        attempt(() -> filters.nwfilterLookupByName("sweep"))
                .map(result -> result.nwfilter())
                .or(() -> attempt(() -> filters.nwfilterDefineXml(filterXml)).map(result -> result.nwfilter()))
                .ifPresent(filter -> {
                    arguments.object(filter);
                    arguments.field("NwfilterLookupByUuid.uuid", filter.uuid());
                });
    }

    private void domain(boolean running, int number) {
        DomainRef ref = attempt(() -> domains.domainLookupByName(domainName))
                .map(result -> result.domain())
                .orElseGet(this::defineAgain);
        if (domains.domainIsPersistent(ref).join().persistent() == 0) {
            domains.domainDefineXml(domainXml).join();
        }
        int state = domains.domainGetState(ref).join().state();
        if (!running) {
            if (state != DomainState.SHUTOFF.value()) {
                domains.domainDestroy(ref).join();
            }
        } else if (state == DomainState.SHUTOFF.value() || state == DomainState.CRASHED.value()) {
            attempt(() -> saves.domainManagedSaveRemove(ref));
            domains.domainCreate(ref).join();
        } else if (state != DomainState.RUNNING.value()) {
            attempt(() -> domains.domainResume(ref));
        }
        DomainRef now = domains.domainLookupByName(domainName).join().domain();
        arguments.object(now);
        arguments.field("DomainLookupByUuid.uuid", now.uuid());
        arguments.field("DomainLookupById.id", now.id());
        pointInTime(now, number);
    }

    /** After it was undefined, or renamed. */
    private DomainRef defineAgain() {
        attempt(() -> domains.domainLookupByName("renamed"))
                .ifPresent(renamed -> attempt(() ->
                        domains.domainUndefineFlags(renamed.domain(), Set.of(DomainUndefineFlags.SNAPSHOTS_METADATA))));
        return domains.domainDefineXml(domainXml).join().domain();
    }

    private void pointInTime(DomainRef domain, int number) {
        DomainSnapshotRef snapshot = new DomainSnapshotRef("sweep", domain);
        CheckpointRef checkpoint = new CheckpointRef("sweep", domain);
        arguments.object(snapshot).object(checkpoint);
        if (number < FIRST_OF_CHECKPOINTS) {
            if (attempt(() -> snapshots.domainSnapshotLookupByName(domain, "sweep"))
                    .isEmpty()) {
                attempt(() -> snapshots.domainSnapshotCreateXml(
                        domain, "<domainsnapshot><name>sweep</name></domainsnapshot>", Set.of()));
            }
            return;
        }
        if (number == FIRST_OF_CHECKPOINTS) {
            attempt(() -> snapshots.domainListAllSnapshots(domain, 1, Set.of()))
                    .ifPresent(list -> list.snapshots()
                            .forEach(old -> attempt(() -> snapshots.domainSnapshotDelete(old, Set.of()))));
        }
        if (attempt(() -> checkpoints.domainCheckpointLookupByName(domain, "sweep"))
                .isEmpty()) {
            attempt(() -> checkpoints.domainCheckpointCreateXml(
                    domain, "<domaincheckpoint><name>sweep</name></domaincheckpoint>", Set.of()));
        }
    }

    private void pool(boolean running) {
        attempt(() -> pools.storagePoolLookupByName("sweep"))
                .map(result -> result.pool())
                .or(() -> attempt(() -> pools.storagePoolDefineXml(poolXml.formatted("sweep"), Set.of()))
                        .map(result -> result.pool()))
                .ifPresent(pool -> {
                    arguments.object(pool);
                    arguments.field("StoragePoolLookupByUuid.uuid", pool.uuid());
                    boolean active = pools.storagePoolIsActive(pool).join().active() == 1;
                    if (!running) {
                        attempt(() -> active ? pools.storagePoolDestroy(pool) : pools.storagePoolBuild(pool, Set.of()));
                        return;
                    }
                    if (!active) {
                        attempt(() -> pools.storagePoolBuild(pool, Set.of()));
                        attempt(() -> pools.storagePoolCreate(pool, Set.of()));
                    }
                    volume(pool);
                });
    }

    private void volume(StoragePoolRef pool) {
        Optional<StorageVolRef> volume = attempt(() -> volumes.storageVolLookupByName(pool, "sweep.raw"))
                .map(result -> result.volume())
                .or(() -> attempt(() -> volumes.storageVolCreateXml(pool, volumeXml.formatted("sweep.raw"), Set.of()))
                        .map(result -> result.volume()));
        volume.ifPresent(found -> {
            arguments.object(found);
            arguments.field("StorageVolLookupByKey.key", found.key());
            arguments.field("StorageVolLookupByPath.path", found.key());
        });
    }

    /** The result, or nothing if libvirt says no. */
    private static <T> Optional<T> attempt(Supplier<CompletableFuture<T>> call) {
        try {
            return Optional.ofNullable(call.get().join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof RemoteException) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
