// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.remote.DomainSecurityLabel;
import dev.virtwire.protocol.remote.SecurityCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What confines a guest that runs. libvirt tells the security drivers of scratch files, as it does of disks. Of the
 * export's socket it tells them nothing.
 *
 * @param folder where that socket will be; null if the export will listen on a port
 * @param user as whom the host's QEMU runs, or null if nobody knows
 */
record Confinement(
        HostFacts facts, @Nullable String folder, @Nullable QemuUser user) {
    private static final String LOCAL_RULES = "/etc/apparmor.d/local/abstractions/libvirt-qemu";

    /** Says it of a domain that runs. */
    Answer answer() throws IOException {
        String where = folder;
        if (where == null) {
            return Answer.ok("nothing confines its QEMU that would be in the way");
        }
        XmlElement domain = XmlElement.parse(
                "domain XML", "domain", Waiting.await(facts.domain().xml()));
        for (XmlElement label : domain.children("seclabel")) {
            String model = String.valueOf(label.attribute("model"));
            String text = String.valueOf(label.childText("label"));
            if (model.equals("dac") && user != null) {
                QemuUser own = new QemuUser(QemuUser.uid(text), List.of());
                Integer uid = own.uid();
                if (uid != null && !uid.equals(user.uid())) {
                    return own.reaches(facts.domain().libvirt().uri(), where);
                }
            } else if (model.equals("apparmor") || model.equals("selinux")) {
                return confined(model, text, where);
            }
        }
        return Answer.ok("nothing confines its QEMU that would be in the way");
    }

    private Answer confined(String model, String label, String where) throws IOException {
        String who = (model.equals("apparmor") ? "AppArmor" : "SELinux") + " (" + label + ")";
        if (!isEnforced(label)) {
            return Answer.ok(who + " confines it, and only reports what it would refuse");
        }
        boolean allowed = model.equals("apparmor") && facts.isHere() && isAllowed(Path.of(LOCAL_RULES), where);
        if (allowed) {
            return Answer.ok(who + " confines it, and " + LOCAL_RULES + " lets it write in " + where);
        }
        return Answer.warning(
                who + " confines it: scratch files are allowed by libvirt, the socket of the export in " + where
                        + " by nobody that is known here",
                "if a backup fails because the socket is refused, "
                        + (model.equals("apparmor")
                                ? "add '" + where + "/virtwire-*.sock rw,' to " + LOCAL_RULES + ", or "
                                : "")
                        + "use a port of 127.0.0.1 by --nbd");
    }

    private boolean isEnforced(String label) {
        List<DomainSecurityLabel> labels = Waiting.await(
                        new SecurityCalls(facts.domain().libvirt())
                                .domainGetSecurityLabelList(facts.domain().ref()))
                .labels();
        return labels.stream().filter(found -> text(found).equals(label)).allMatch(found -> found.enforcing() != 0);
    }

    private static String text(DomainSecurityLabel label) {
        String text = new String(label.label(), StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /** Whether a file of rules has one that lets QEMU write in a folder, or below it. */
    static boolean isAllowed(Path rules, String folder) throws IOException {
        if (!Files.isReadable(rules)) {
            return false;
        }
        Pattern rule = Pattern.compile("(owner\\s+)?\"?" + Pattern.quote(folder + "/") + "\\S*\"?\\s+[a-z]*w[a-z]*,.*");
        return Files.readAllLines(rules).stream()
                .anyMatch(line -> rule.matcher(line.strip()).matches());
    }
}
