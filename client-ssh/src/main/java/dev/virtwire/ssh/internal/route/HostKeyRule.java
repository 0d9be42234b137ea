// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

/** Which keys of hosts are believed. */
public enum HostKeyRule {
    /** Those that a known_hosts file has. */
    KNOWN,
    /** Those, and the first one of a host that no file has; it is then added. */
    FIRST,
    /** Any at all, with a warning; but a host that shows another key than the files have of it is told no password. */
    ANY
}
