// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.LibvirtUri.Transport;
import dev.virtwire.client.xml.XmlElement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * As whom the host's QEMU runs, and what confines it, as libvirt's capabilities say.
 *
 * @param uid its user; null if libvirt does not change the user, so that it is libvirtd's own
 * @param drivers the security drivers that confine guests, such as {@code apparmor}
 */
record QemuUser(@Nullable Integer uid, List<String> drivers) {
    private static final Pattern LABEL = Pattern.compile("\\+?(\\d{1,9}):\\+?\\d{1,10}");

    static QemuUser of(String capabilities) {
        List<XmlElement> models =
                XmlElement.parse("capabilities", "capabilities", capabilities).children("host", "secmodel");
        Integer uid = null;
        for (XmlElement model : models) {
            if ("dac".equals(model.childText("model"))) {
                uid = model.children("baselabel").stream()
                        .map(label -> uid(label.text()))
                        .filter(found -> found != null)
                        .findFirst()
                        .orElse(null);
            }
        }
        return new QemuUser(
                uid,
                models.stream()
                        .map(model -> String.valueOf(model.childText("model")))
                        .filter(model -> !model.equals("dac") && !model.equals("none"))
                        .toList());
    }

    /** The user in a label such as {@code +64055:+64055}; null if there is no number. */
    static @Nullable Integer uid(String label) {
        Matcher numbers = LABEL.matcher(label.strip());
        return numbers.matches() ? Integer.valueOf(numbers.group(1)) : null;
    }

    /** The row for it. */
    Answer said() {
        String user = uid == null ? "QEMU runs as the user of libvirtd" : "QEMU runs as " + user(uid);
        return Answer.ok(user
                + (drivers.isEmpty()
                        ? ", and nothing else confines it"
                        : ", confined by " + String.join(" and ", drivers)));
    }

    /** Whether whoever is connected so can open a socket of QEMU's. */
    Answer reaches(LibvirtUri uri, String folder) throws IOException {
        if (uri.transport() == Transport.UNIX && !HostFacts.isHere(uri)) {
            return Answer.note(
                    socket(folder) + ", which can be opened here only if the host is this machine: the URI names the"
                            + " socket of libvirt, which may be forwarded from another one",
                    "of another machine, use qemu+ssh, or a port by --nbd");
        }
        return uid == null && uri.path().equals("/session")
                ? Answer.ok(socket(folder) + ", which belongs to the user of the session")
                : reaches(uri, folder, uid == null ? 0 : uid);
    }

    private static Answer reaches(LibvirtUri uri, String folder, int owner) throws IOException {
        if (uri.transport() == Transport.UNIX) {
            int own = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return own == 0 || own == owner
                    ? Answer.ok(socket(folder) + ", which this user can open")
                    : Answer.fails(
                            socket(folder) + ", which belongs to " + user(owner) + " and not to this user (" + user(own)
                                    + ")",
                            "run backups as root or as that user, or use a port of 127.0.0.1 by --nbd");
        }
        String login = uri.user() == null ? "the user of this machine" : uri.user();
        return "root".equals(uri.user())
                ? Answer.ok(socket(folder) + ", which root opens through ssh")
                : Answer.warning(
                        socket(folder) + ", which belongs to " + user(owner) + ": nobody knows whether " + login
                                + " of the ssh connection may open it",
                        "log in as root or as that user, or use a port of 127.0.0.1 by --nbd on the host itself");
    }

    private static String socket(String folder) {
        return "a socket in " + folder + " of the host";
    }

    private static String user(int uid) {
        return uid == 0 ? "root" : "user " + uid;
    }
}
