// SPDX-License-Identifier: Apache-2.0
/** What help and the manual pages say beyond what the commands say of themselves: examples and topics. */
@NullMarked
package dev.virtwire.cli.manual;

import org.jspecify.annotations.NullMarked;
