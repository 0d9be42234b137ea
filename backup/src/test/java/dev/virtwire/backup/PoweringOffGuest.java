// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** A guest whose only program reads its disk's second sector again and again, and powers off if that changes. */
final class PoweringOffGuest implements AutoCloseable {
    private static final int SECTOR = 512;

    /** For a BIOS, which puts it at 0:7c00. The machine's ACPI registers begin at port 600h. */
    private static final byte[] PROGRAM = HexFormat.of()
            .parseHex(String.join(
                    "",
                    // begin: with segments of 0, a stack and interrupts; the sector's first byte goes to 0:8100
                    "31c08ed88ec08ed0bc007cfbe81d00a0007ea20081",
                    // again: wait for a tick of the clock, read, and compare
                    "f4e81300a0007e3a06008174f3",
                    // power off
                    "ba0406b80020eff4ebfd",
                    // read: the second sector of the first disk, to 0:7e00
                    "b80102bb007eb90200ba8000cd13c3"));

    private final Guest guest;
    private int changes;

    private PoweringOffGuest(Guest guest) {
        this.guest = guest;
    }

    /**
     * Starts it, with random data from 1 MiB on up to the end of its disk.
     *
     * @param devices what else it has, as XML
     */
    static PoweringOffGuest start(Libvirtd libvirtd, String name, int size, String... devices) throws Exception {
        Path folder = libvirtd.directory().resolve("disks");
        Path raw = folder.resolve(name + ".raw");
        try (FileChannel file = FileChannel.open(raw, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer first = ByteBuffer.allocate(SECTOR).put(PROGRAM);
            file.write(first.putShort(SECTOR - 2, (short) 0x55aa).rewind(), 0);
            byte[] data = new byte[size - (1 << 20)];
            new Random(1).nextBytes(data);
            file.write(ByteBuffer.wrap(data), 1 << 20);
        }
        Path disk = folder.resolve(name + "-vda.qcow2");
        new Tools().run(List.of("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), disk.toString()));
        Files.delete(raw);
        Guest.Builder built = Guest.on(libvirtd, name).disk(GuestDisk.existing(disk, "qcow2"));
        List.of(devices).forEach(built::device);
        return new PoweringOffGuest(built.start());
    }

    /** As QEMU has it. */
    Guest guest() {
        return guest;
    }

    /** Has it power off, as a person does who is logged in, and returns when it is in this state, of virsh's words. */
    void powerOff(String state) {
        changes++;
        guest.write("vda", SECTOR, SECTOR, changes);
        await(state);
    }

    /** Waits until it is in this state, of virsh's words. */
    void await(String state) {
        long end = System.nanoTime() + 120_000_000_000L;
        while (!guest.state().equals(state)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("it is " + guest.state() + " and not " + state);
            }
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        guest.close();
    }
}
