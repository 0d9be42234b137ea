// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import dev.virtwire.repository.Progress;

/** Shows nothing. */
final class SilentProgress implements ProgressView {
    @Override
    public void progressed(Progress progress) {}

    @Override
    public void close() {}
}
