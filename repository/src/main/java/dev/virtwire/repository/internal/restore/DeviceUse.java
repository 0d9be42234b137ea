// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether somebody uses a block device. Java cannot open it for itself alone ({@code O_EXCL}), so that what the kernel
 * tells is read: mounts, members of file systems, swap, devices on top of it, and processes that have it open for
 * writing. All of that is asked of the whole disk as well if the device is a partition, and of the partitions if it is
 * a disk.
 */
final class DeviceUse {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceUse.class);
    private static final Path PROC = Path.of("/proc");
    private static final Path CLASS = Path.of("/sys/class/block");

    /** The bits of a process's flags that say whether it may write. */
    private static final int ACCESS = 3;

    /** The bit of a process's other flags that the kernel gives its own threads. */
    private static final long KERNEL_THREAD = 0x200000;

    private final BlockDevice device;

    /** The device and what it is part of or has as parts: names by numbers. */
    private final Map<String, String> related = new LinkedHashMap<>();

    private DeviceUse(BlockDevice device) {
        this.device = device;
    }

    /**
     * Refuses a device that is in use.
     *
     * @throws RepositoryException if it is, the message says by what; or if that cannot be asked for want of rights
     */
    static void refuse(BlockDevice device) {
        String user;
        try {
            user = new DeviceUse(device).user();
        } catch (IOException e) {
            throw Problems.with("find out who uses", device.path(), e);
        }
        if (user != null) {
            throw new RepositoryException("device " + device + " is in use: " + user);
        }
    }

    private @Nullable String user() throws IOException {
        findRelated();
        for (String name : related.values()) {
            String holder = first(CLASS.resolve(name).resolve("holders"));
            if (holder != null) {
                return holder + " is made of " + its(name);
            }
            String whole = FileSystemMember.of(name);
            if (whole != null) {
                return its(name) + " is a part of " + whole;
            }
        }
        String user = loop();
        user = user == null ? swap() : user;
        user = user == null ? mount() : user;
        return user == null ? process() : user;
    }

    private void findRelated() throws IOException {
        related.put(device.number(), device.name());
        try (DirectoryStream<Path> inside = Files.newDirectoryStream(device.sys(), Files::isDirectory)) {
            for (Path part : inside) {
                if (Files.exists(part.resolve("partition"))) {
                    related.put(BlockDevice.read(part.resolve("dev")), String.valueOf(part.getFileName()));
                }
            }
        }
        Path whole = device.sys().getParent();
        if (Files.exists(device.sys().resolve("partition")) && whole != null) {
            related.put(BlockDevice.read(whole.resolve("dev")), String.valueOf(whole.getFileName()));
        }
    }

    private String its(String name) {
        return name.equals(device.name()) ? "it" : name;
    }

    private @Nullable String loop() throws IOException {
        try (DirectoryStream<Path> loops = Files.newDirectoryStream(CLASS, "loop*")) {
            for (Path loop : loops) {
                Path backing = loop.resolve("loop/backing_file");
                String under = Files.exists(backing) ? related.get(number(BlockDevice.read(backing))) : null;
                if (under != null) {
                    return loop.getFileName() + " is made of " + its(under);
                }
            }
        }
        return null;
    }

    private @Nullable String swap() throws IOException {
        for (String line : Files.readAllLines(PROC.resolve("swaps"))) {
            String on = related.get(number(line.split("\\s", 2)[0]));
            if (on != null) {
                return "this machine swaps to " + its(on);
            }
        }
        return null;
    }

    /** Mounts of all namespaces: a container's is no less a mount. */
    private @Nullable String mount() throws IOException {
        Set<Path> seen = new HashSet<>();
        String found = mount(PROC.resolve("self"), seen);
        for (Path process : processes()) {
            found = found == null ? mount(process, seen) : found;
        }
        return found;
    }

    private @Nullable String mount(Path process, Set<Path> seen) throws IOException {
        try {
            Path namespace = Files.readSymbolicLink(process.resolve("ns/mnt"));
            if (seen.contains(namespace)) {
                return null;
            }
            for (String line : Files.readAllLines(process.resolve("mountinfo"))) {
                String[] words = line.split(" ");
                String on = related.get(words[2]);
                for (int i = 6; on == null && i < words.length - 2; i++) {
                    // A file system of several devices has a number of its own, and names one of them.
                    on = words[i].equals("-") ? related.get(number(words[i + 2])) : null;
                }
                if (on != null) {
                    return its(on) + " is mounted at " + words[4].replace("\\040", " ");
                }
            }
            // Only now: of a process that has ended meanwhile, nothing is known.
            seen.add(namespace);
        } catch (AccessDeniedException e) {
            requireHarmless(process, e);
        } catch (IOException e) {
            LOG.debug("the mounts of {} are not known: {}", process, e.toString());
        }
        return null;
    }

    private @Nullable String process() throws IOException {
        for (Path process : processes()) {
            try (DirectoryStream<Path> open = Files.newDirectoryStream(process.resolve("fd"))) {
                for (Path each : open) {
                    String on = openForWriting(process, each);
                    if (on != null) {
                        return "process " + process.getFileName() + " (" + BlockDevice.read(process.resolve("comm"))
                                + ") has " + its(on) + " open";
                    }
                }
            } catch (AccessDeniedException e) {
                requireHarmless(process, e);
            } catch (IOException e) {
                LOG.debug("what {} has open is not known: {}", process, e.toString());
            }
        }
        return null;
    }

    /**
     * Refuses the device because of a process that may use it and cannot be asked. A thread of the kernel has nothing
     * open. A container's root may not ask about the first process, which is of the host and keeps the container.
     */
    private void requireHarmless(Path process, AccessDeniedException denied) throws IOException {
        boolean root = Files.getAttribute(PROC.resolve("self"), "unix:uid").equals(0);
        String stat;
        String name;
        try {
            stat = BlockDevice.read(process.resolve("stat"));
            name = BlockDevice.read(process.resolve("comm"));
        } catch (AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("{} has ended", process, e);
            return;
        }
        // Its name is in brackets, and may have any character.
        String flags = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[6];
        if ((root && process.endsWith("1")) || (Long.parseLong(flags) & KERNEL_THREAD) != 0) {
            LOG.debug("{} cannot be asked", process, denied);
            return;
        }
        throw new RepositoryException(
                "not all processes can be asked whether they use device " + device + ", such as process "
                        + process.getFileName() + " (" + name + "): run as root; a container needs SYS_PTRACE as well",
                denied);
    }

    private @Nullable String openForWriting(Path process, Path open) throws AccessDeniedException {
        try {
            if (!Files.readSymbolicLink(open).startsWith("/dev")) {
                return null;
            }
            String number = BlockDevice.numberOf(open);
            String on = number == null ? null : related.get(number);
            if (on == null) {
                return null;
            }
            for (String line : Files.readAllLines(process.resolve("fdinfo").resolve(open.getFileName()))) {
                if (line.startsWith("flags:")) {
                    int flags =
                            Integer.parseInt(line.substring("flags:".length()).strip(), 8);
                    return (flags & ACCESS) == 0 ? null : on;
                }
            }
        } catch (AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("{} is not known: {}", open, e.toString());
        }
        return null;
    }

    /** All others. */
    private static List<Path> processes() throws IOException {
        String own = String.valueOf(ProcessHandle.current().pid());
        try (DirectoryStream<Path> list = Files.newDirectoryStream(PROC, "[0-9]*")) {
            List<Path> processes = new ArrayList<>();
            for (Path process : list) {
                if (!process.endsWith(own)) {
                    processes.add(process);
                }
            }
            return processes;
        }
    }

    private static @Nullable String first(Path folder) throws IOException {
        try (DirectoryStream<Path> list = Files.newDirectoryStream(folder)) {
            for (Path each : list) {
                return String.valueOf(each.getFileName());
            }
            return null;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** The number of the device that a path leads to, or one that no device has. */
    private static String number(String path) {
        try {
            String number = path.startsWith("/") ? BlockDevice.numberOf(Path.of(path.replace("\\040", " "))) : null;
            return number == null ? "" : number;
        } catch (IOException e) {
            LOG.debug("{} is not known here: {}", path, e.toString());
            return "";
        }
    }
}
