// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.testkit.DebianLibvirtd;
import org.junit.jupiter.api.Tag;

/** libvirt 11.3 and QEMU 10.0: a part of {@code ./check chaos}; {@link LeftBitmapsIT} and {@link
 * OfflineGuestOnNewerLibvirtIT} are its samples. */
@Tag("chaos")
@DebianLibvirtd("trixie")
class LeftBitmapsOnNewerLibvirtIT extends LeftBitmapsSuite {}
