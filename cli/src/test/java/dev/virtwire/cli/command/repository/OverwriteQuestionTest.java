// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.OverwrittenPlace;
import dev.virtwire.cli.output.CommandException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverwriteQuestionTest {
    private static final List<OverwrittenPlace> PLACES = List.of(
            new OverwrittenPlace("vda", 10L << 30, "device /dev/vg/web1", 12L << 30),
            new OverwrittenPlace("vdb", 1 << 20, "file /images/web1-vdb.qcow2", -1));

    @Test
    void thePlacesTheirSizesAndWhatIsLostAreNamed() {
        List<String> prompts = new ArrayList<>();

        new OverwriteQuestion(prompt -> {
                    prompts.add(prompt);
                    return " yes ";
                })
                .ask(PLACES);

        assertThat(prompts)
                .containsExactly(
                        """
                Disk vda of 10 GiB overwrites device /dev/vg/web1 of 12 GiB.
                Disk vdb of 1 MiB becomes file /images/web1-vdb.qcow2, which is not there.
                Nothing brings it back, nor snapshots inside it. Type yes to overwrite it:\s""",
                        "Type yes once more if it is device /dev/vg/web1,"
                                + " file /images/web1-vdb.qcow2 that you mean: ");
    }

    @Test
    void oneYesIsNotEnough() {
        Iterator<String> answers = List.of("yes", "no").iterator();
        assertThatThrownBy(() -> new OverwriteQuestion(prompt -> answers.next()).ask(PLACES))
                .isInstanceOf(CommandException.class)
                .hasMessage("not confirmed: nothing was written");
        assertThat(answers.hasNext()).isFalse();
    }

    @Test
    void everyOtherAnswerIsANo() {
        for (String answer : Arrays.asList("y", "", "YES!", "no", null)) {
            assertThatThrownBy(() -> new OverwriteQuestion(prompt -> answer).ask(PLACES))
                    .as(answer)
                    .isInstanceOf(CommandException.class)
                    .hasMessage("not confirmed: nothing was written");
        }
    }
}
