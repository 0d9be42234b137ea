// SPDX-License-Identifier: Apache-2.0
/** The figures of many domains by one call: {@link dev.virtwire.client.statistics.DomainStatistics}. */
@NullMarked
package dev.virtwire.client.statistics;

import org.jspecify.annotations.NullMarked;
