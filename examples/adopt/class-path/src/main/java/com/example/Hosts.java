// SPDX-License-Identifier: Apache-2.0
package com.example;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;

/** Prints the domains of the host whose URI is given. */
public final class Hosts {
    private Hosts() {}

    public static void main(String[] args) {
        try (Libvirt libvirt = Libvirt.connect(args[0]).join()) {
            for (Domain domain : libvirt.domains().join()) {
                System.out.println(
                        domain.name() + " " + domain.info().join().state().orElseThrow());
            }
        }
    }
}
