// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

/** With this machine's libvirt. The others take their turn in {@code ./check chaos}. */
class EmptyHostIT extends EmptyHostSuite {}
