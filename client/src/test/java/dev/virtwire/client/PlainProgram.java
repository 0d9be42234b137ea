// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Libvirt.await;

import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.protocol.error.ErrorCode;

/** What anybody writes first; {@link NewestJavaIT} runs it. */
final class PlainProgram {
    private PlainProgram() {}

    public static void main(String[] args) throws InterruptedException {
        for (String uri : args) {
            try (Libvirt libvirt = await(Libvirt.connect(uri))) {
                EventRecorder<Object> events = new EventRecorder<>();
                libvirt.events(DomainEventKind.all()).subscribe(events);
                events.awaitSubscribed();
                System.out.println(await(libvirt.hostname()) + " " + await(libvirt.domains()));
                System.out.println(await(libvirt.capabilities()).length());
                try {
                    await(libvirt.domain("nobody"));
                } catch (NoSuchDomainException e) {
                    System.out.println(e.is(ErrorCode.NO_DOMAIN));
                }
                await(libvirt.closeAsync());
            }
        }
    }
}
