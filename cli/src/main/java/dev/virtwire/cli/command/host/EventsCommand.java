// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.Json;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.Version;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.event.MonitorEventKind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire events}: what happens to domains, or on a host, as it happens. */
@Command(
        name = "events",
        description = {
            "Print what happens to domains, or to one, until Ctrl-C. With --kind, print also what happens to networks,"
                    + " pools, devices and secrets of the host.",
            "With --json, each event is an object on a line of its own."
        },
        sortOptions = false)
public final class EventsCommand extends ConnectedCommand {
    /** They say what others say with more. */
    private static final Set<EventKind<?, ?>> SAID_TWICE = Set.of(DomainEventKind.IO_ERROR, DomainEventKind.BLOCK_JOB);

    @Parameters(paramLabel = "DOMAIN", arity = "0..1", description = "The domain's name or UUID. Default: all domains.")
    private @Nullable String name;

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            split = ",",
            description = {
                "Only these kinds, such as lifecycle or network-lifecycle, or all kinds of a group: domain, network,"
                        + " pool, node-device, secret, monitor (QEMU's own). May be given several times.",
                "Default: domain."
            })
    private List<String> kinds = List.of();

    @Override
    protected int run(Libvirt libvirt) {
        Set<EventShape<?>> chosen = new LinkedHashSet<>();
        (kinds.isEmpty() ? List.of("domain") : kinds).forEach(word -> chosen.addAll(shapes(libvirt, word)));
        Domain domain = name == null ? null : domain(libvirt, name);
        Flow.Publisher<Event> events =
                domain == null ? libvirt.events(ofAll(chosen)) : domain.events(ofDomains(chosen, domain));
        CompletableFuture<Void> subscribed = new CompletableFuture<>();
        CompletableFuture<Integer> ended = new CompletableFuture<>();
        events.subscribe(new Printer(subscribed, ended));
        await(CompletableFuture.anyOf(subscribed, ended));
        // That is how it ends, and so no error.
        console().interruption().cleanUpBy(() -> "");
        note("listening to " + whose(chosen, domain) + " on " + libvirt.uri().where() + " until Ctrl-C");
        return await(ended);
    }

    /** The kinds of a word: one by its name, or those of a sort that the server knows. */
    private static List<EventShape<?>> shapes(Libvirt libvirt, String word) {
        List<EventShape<?>> named = EventShape.all().stream()
                .filter(shape -> shape.kind().name().equals(word))
                .toList();
        if (!named.isEmpty()) {
            return named;
        }
        List<EventShape<?>> ofSort = EventShape.all().stream()
                .filter(shape -> shape.sort().equals(word) && !SAID_TWICE.contains(shape.kind()))
                .toList();
        if (ofSort.isEmpty()) {
            throw CommandException.usage(
                    "--kind " + word + ": there is no such kind; there are "
                            + EventShape.all().stream()
                                    .flatMap(shape ->
                                            Stream.of(shape.sort(), shape.kind().name()))
                                    .distinct()
                                    .collect(Collectors.joining(", ")),
                    null);
        }
        Version server = await(libvirt.libvirtVersion());
        return ofSort.stream()
                .filter(shape -> shape.kind().since().compareTo(server) <= 0)
                .toList();
    }

    private static List<EventKind<?, ? extends Event>> ofAll(Set<EventShape<?>> shapes) {
        List<EventKind<?, ? extends Event>> all = new ArrayList<>();
        shapes.forEach(shape -> all.add(shape.kind()));
        return all;
    }

    private static List<EventKind<Domain, ? extends Event>> ofDomains(Set<EventShape<?>> shapes, Domain domain) {
        List<EventKind<Domain, ? extends Event>> all = new ArrayList<>();
        for (EventShape<?> shape : shapes) {
            if (shape.kind() instanceof DomainEventKind<?> kind) {
                all.add(kind);
            } else if (shape.kind() instanceof MonitorEventKind kind) {
                all.add(kind);
            } else {
                throw CommandException.usage(
                        "--kind " + shape.kind() + ": that happens to no domain, and so not to " + domain.name(), null);
            }
        }
        return all;
    }

    private static String whose(Set<EventShape<?>> shapes, @Nullable Domain domain) {
        if (domain != null) {
            return "domain " + domain.name();
        }
        return shapes.stream()
                .map(shape -> switch (shape.sort()) {
                    case "network" -> "networks";
                    case "pool" -> "storage pools";
                    case "node-device" -> "devices";
                    case "secret" -> "secrets";
                    default -> "all domains";
                })
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private final class Printer implements Flow.Subscriber<Event> {
        private final CompletableFuture<Void> subscribed;
        private final CompletableFuture<Integer> ended;

        Printer(CompletableFuture<Void> subscribed, CompletableFuture<Integer> ended) {
            this.subscribed = subscribed;
            this.ended = ended;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
            subscribed.complete(null);
        }

        @Override
        public void onNext(Event event) {
            print(event);
            if (out().checkError()) {
                // Nobody reads it any more; the end of the command says so.
                ended.complete(0);
            }
        }

        @Override
        public void onError(Throwable failure) {
            ended.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            ended.complete(0);
        }
    }

    private void print(Event event) {
        Instant now = Instant.now();
        if (json()) {
            out().println(Json.line(json -> {
                json.writeStringField("time", now.toString());
                EventTexts.write(json, event);
            }));
        } else {
            line(Amounts.instant(now) + "  " + EventTexts.text(event));
        }
    }
}
