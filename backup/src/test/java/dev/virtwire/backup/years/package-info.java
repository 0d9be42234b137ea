// SPDX-License-Identifier: Apache-2.0
/**
 * Five years of a repository in an hour: {@link dev.virtwire.backup.years.YearsIT} makes a backup of a real guest for
 * each day of a faked clock, with keep rules, and lets bits flip, programs die and the guest move. At the end every
 * point that stayed is held to the truth of its day. Sixty days in every build; profile {@code years} takes all.
 */
package dev.virtwire.backup.years;
