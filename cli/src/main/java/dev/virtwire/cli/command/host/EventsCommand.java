// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.Json;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code virtwire events}: what happens to domains, as it happens. */
@Command(
        name = "events",
        description = {
            "Print what happens to domains, or to one, until Ctrl-C: lifecycle, ends of jobs, and jobs of disks.",
            "With --json each event is an object on a line of its own."
        },
        sortOptions = false)
public final class EventsCommand extends ConnectedCommand {
    private static final List<DomainEventKind<? extends DomainEvent>> KINDS =
            List.of(DomainEventKind.LIFECYCLE, DomainEventKind.JOB_COMPLETED, DomainEventKind.BLOCK_JOB);

    @Parameters(paramLabel = "DOMAIN", arity = "0..1", description = "The domain's name or UUID. Default: all domains.")
    private @Nullable String name;

    @Override
    protected int run(Libvirt libvirt) {
        Domain domain = name == null ? null : domain(libvirt, name);
        CompletableFuture<Integer> ended = new CompletableFuture<>();
        List<CompletableFuture<Void>> subscribed = new ArrayList<>();
        for (DomainEventKind<? extends DomainEvent> kind : KINDS) {
            subscribed.add(subscribe(libvirt, domain, kind, ended));
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(subscribed.toArray(CompletableFuture[]::new));
        await(CompletableFuture.anyOf(all, ended));
        String whose = domain == null ? "all domains" : "domain " + domain.name();
        note("listening to " + whose + " on " + libvirt.uri().where() + " until Ctrl-C");
        return await(ended);
    }

    private <E extends DomainEvent> CompletableFuture<Void> subscribe(
            Libvirt libvirt, @Nullable Domain domain, DomainEventKind<E> kind, CompletableFuture<Integer> ended) {
        CompletableFuture<Void> subscribed = new CompletableFuture<>();
        Flow.Publisher<E> publisher = domain == null ? libvirt.events(kind) : domain.events(kind);
        publisher.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
                subscribed.complete(null);
            }

            @Override
            public void onNext(E event) {
                print(event);
                if (out().checkError()) {
                    // Nobody reads on; the end of the command says so.
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
        });
        return subscribed;
    }

    private void print(DomainEvent event) {
        Instant now = Instant.now();
        if (json()) {
            out().println(Json.line(json -> {
                json.writeStringField("time", now.toString());
                json.writeStringField("domain", event.domain().name());
                json.writeStringField("uuid", event.domain().uuid().toString());
                EventTexts.write(json, event);
            }));
        } else {
            out().println(Amounts.instant(now) + "  " + event.domain().name() + "  " + EventTexts.text(event));
        }
    }
}
