// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Libvirt.await;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEventKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Many threads that block on one connection, and some that connect by themselves: virtual ones where Java has them. It
 * prints each wait in which a virtual thread kept its carrier, but for those for the initialization of a class.
 */
final class PinningProgram {
    private static final int THREADS = 500;

    private PinningProgram() {}

    public static void main(String[] args) throws Exception {
        String uri = args[0];
        ExecutorService threads = perTask();
        Path file = Files.createTempFile("pinned", ".jfr");
        try (Libvirt libvirt = await(Libvirt.connect(uri));
                Recording recording = new Recording()) {
            use(libvirt);
            recording.enable("jdk.VirtualThreadPinned").withoutThreshold().withStackTrace();
            recording.start();
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                boolean alone = i % 50 == 0;
                all.add(threads.submit(() -> {
                    if (alone) {
                        try (Libvirt own = await(Libvirt.connect(uri))) {
                            use(own);
                        }
                    } else {
                        use(libvirt);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            recording.stop();
            recording.dump(file);
        }
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            String text = event.toString();
            if (!text.contains("nitialization of")) {
                System.out.println("PINNED " + text);
            }
        }
        Files.delete(file);
        System.out.println("done " + threads.getClass().getSimpleName());
        threads.shutdown();
    }

    private static void use(Libvirt libvirt) throws InterruptedException {
        await(libvirt.hostname());
        for (Domain domain : await(libvirt.domains())) {
            await(domain.info());
            domain.xml().join();
        }
        EventRecorder<Object> events = new EventRecorder<>();
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(events);
        events.awaitSubscribed();
        events.cancel();
    }

    /** A method of Java 21 and newer; these tests are compiled for 17. */
    private static ExecutorService perTask() throws ReflectiveOperationException {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (NoSuchMethodException e) {
            return Executors.newCachedThreadPool();
        }
    }
}
