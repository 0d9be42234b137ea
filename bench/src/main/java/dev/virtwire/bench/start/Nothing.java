// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.start;

/** Does nothing: what every Java program costs. */
public final class Nothing {
    private Nothing() {}

    /** Does nothing. */
    public static void main(String[] args) {}
}
