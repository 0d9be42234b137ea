// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

/** libvirt and QEMU of this machine. */
class ModelIT extends ModelSuite {}
