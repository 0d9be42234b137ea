// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.testkit.DebianLibvirtd;
import org.junit.jupiter.api.Tag;

/** libvirt 11.3 and QEMU 10.0: a part of {@code ./check chaos}; {@link ModelIT} is its sample. */
@Tag("chaos")
@DebianLibvirtd("trixie")
class ModelOnNewerLibvirtIT extends ModelSuite {}
