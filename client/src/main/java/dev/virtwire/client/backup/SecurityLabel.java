// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a file of the backup is labelled for the host's security driver ({@code <seclabel>}).
 *
 * @param model the driver, such as {@code selinux}; null for the host's
 * @param relabel whether libvirt relabels the file
 * @param skipped whether libvirt skipped it (in what it reports only)
 * @param labels the labels
 * @since 0.1
 */
public record SecurityLabel(
        @Nullable String model,
        @Nullable Boolean relabel,
        @Nullable Boolean skipped,
        List<String> labels) {
    /** Copies the labels. */
    public SecurityLabel {
        labels = List.copyOf(labels);
    }
}
