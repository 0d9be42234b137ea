// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import java.nio.file.Path;

/** A guest whose UEFI variables lie in a place of the test's choice. */
final class NvramGuest {
    /** What such variables begin as. */
    static final Path TEMPLATE = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");

    private static final String CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd";

    private NvramGuest() {}

    /** Defines it, with a small disk. */
    static Guest define(Libvirtd libvirtd, String name, String nvram) {
        Guest guest = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(4 * MIB).pattern(3))
                .define();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            String xml =
                    libvirt.domain(name).join().xml(DomainXmlFlags.INACTIVE).join();
            libvirt.defineDomain(xml.replaceFirst(
                            "(?s)<os>.*</os>",
                            "<os><type arch='x86_64' machine='pc'>hvm</type><loader readonly='yes' type='pflash'>"
                                    + CODE + "</loader>" + nvram + "</os>"))
                    .join();
        }
        return guest;
    }
}
