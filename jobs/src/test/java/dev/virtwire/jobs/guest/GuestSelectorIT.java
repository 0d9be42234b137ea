// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.jobs.config.GuestChoice;
import dev.virtwire.repository.Notice;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Names, patterns and tags of real guests. The tags are set as docs/jobs.md says, by virsh. */
class GuestSelectorIT {
    private static PrivateLibvirtd libvirtd;
    private static Guest web1;
    private static Guest web2;
    private static Guest db1;

    @BeforeAll
    static void start() throws Exception {
        libvirtd = PrivateLibvirtd.start();
        web1 = Guest.on(libvirtd, "web1").disk(GuestDisk.qcow2(1 << 20)).start();
        web2 = Guest.on(libvirtd, "web2-test").disk(GuestDisk.qcow2(1 << 20)).define();
        db1 = Guest.on(libvirtd, "db1").disk(GuestDisk.qcow2(1 << 20)).define();
        tag("web1", "--live", "<backup><tag>gold</tag><tag>a b</tag></backup>");
        tag("db1", "--config", "<backup><tag>gold</tag></backup>");
        tag("web2-test", "--config", "<other/>");
    }

    private static void tag(String guest, String where, String element) throws Exception {
        Process virsh = new ProcessBuilder(
                        "virsh",
                        "-c",
                        "qemu+unix:///system?socket=" + libvirtd.socket(),
                        "metadata",
                        guest,
                        GuestTags.NAMESPACE,
                        "--key",
                        "virtwire",
                        where,
                        "--set",
                        element)
                .inheritIO()
                .start();
        assertThat(virsh.waitFor()).isZero();
    }

    @AfterAll
    static void end() {
        web1.close();
        web2.close();
        db1.close();
        libvirtd.close();
    }

    private static Selection select(GuestChoice choice) {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            return GuestSelector.select(libvirt, choice);
        }
    }

    private static List<String> names(Selection selection) {
        return selection.guests().stream().map(ChosenGuest::name).toList();
    }

    private static GuestChoice choice(List<String> names, List<String> patterns, List<String> tags) {
        return new GuestChoice(false, names, patterns, tags, List.of(), List.of(), false);
    }

    @Test
    void namesPatternsAndTagsAddUp() {
        Selection selection = select(choice(List.of("db1"), List.of("web?"), List.of()));
        assertThat(names(selection)).containsExactly("db1", "web1");
        assertThat(selection.guests()).extracting(ChosenGuest::named).containsExactly(true, false);
        assertThat(selection.unmatched()).isEmpty();
    }

    @Test
    void tagsOfGuestsThatRunAndThatAreOffCount() {
        Selection selection = select(choice(List.of(), List.of(), List.of("gold")));
        assertThat(names(selection)).containsExactly("db1", "web1");
        assertThat(selection.notices())
                .singleElement()
                .satisfies(notice -> assertThat(notice.text()).startsWith("the tags of web2-test make no sense: "));
        assertThat(names(select(choice(List.of(), List.of(), List.of("a b"))))).containsExactly("web1");
    }

    @Test
    void whatMeansNothingIsAWarning() {
        assertThat(select(choice(List.of(), List.of("mail*", "db*"), List.of("silver")))
                        .unmatched())
                .containsExactly(
                        Notice.warning("no guest has a name like 'mail*'"),
                        Notice.warning("no guest has the tag 'silver'"));
    }

    @Test
    void exclusionsWinAndAreSaid() {
        Selection selection = select(
                new GuestChoice(true, List.of(), List.of(), List.of(), List.of("*-test"), List.of("a b"), false));
        assertThat(names(selection)).containsExactly("db1");
        assertThat(selection.leftOut()).containsExactly("web2-test", "web1");
        assertThat(selection.notices())
                .contains(
                        Notice.information("left out by 'exclude': web2-test"),
                        Notice.information("left out by 'exclude-tags': web1"));
        Selection running = select(new GuestChoice(true, List.of(), List.of(), List.of(), List.of(), List.of(), true));
        assertThat(names(running)).containsExactly("web1");
        assertThat(running.notices())
                .containsExactly(Notice.information("left out because they are off: db1, web2-test"));
    }
}
