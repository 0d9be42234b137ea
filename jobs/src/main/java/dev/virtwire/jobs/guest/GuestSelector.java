// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.guest;

import dev.virtwire.backup.Backups;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.jobs.config.GuestChoice;
import dev.virtwire.repository.Notice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * Asks a host for its guests, and chooses those that a job means.
 *
 * @since 0.1
 */
public final class GuestSelector {
    private final Libvirt libvirt;
    private final GuestChoice choice;
    private final List<Notice> notices = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private final List<Notice> unmatched = new ArrayList<>();
    private final Map<String, List<String>> tags = new HashMap<>();

    private GuestSelector(Libvirt libvirt, GuestChoice choice) {
        this.libvirt = libvirt;
        this.choice = choice;
    }

    /**
     * The guests of a host that a job means.
     *
     * @throws LibvirtException if the host cannot be asked
     */
    public static Selection select(Libvirt libvirt, GuestChoice choice) {
        return new GuestSelector(libvirt, choice).select();
    }

    private Selection select() {
        List<Domain> domains = new ArrayList<>(join(libvirt.domains()));
        domains.removeIf(GuestSelector::servesAnother);
        domains.sort(Comparator.comparing(Domain::name));
        if (choice.needsTags()) {
            readTags(domains);
        }
        tellOfNothing(domains);
        List<Domain> chosen = new ArrayList<>(domains);
        chosen.removeIf(domain -> !isChosen(domain));
        leaveOut(chosen, "by 'exclude'", domain -> matchesAny(choice.excluded(), domain.name()));
        leaveOut(chosen, "by 'exclude-tags'", domain -> hasAny(choice.excludedTags(), domain.name()));
        if (choice.runningOnly()) {
            leaveOut(chosen, "because they are off", domain -> domain.id().isEmpty());
        }
        List<ChosenGuest> guests = new ArrayList<>();
        for (Domain domain : chosen) {
            guests.add(
                    new ChosenGuest(domain.name(), domain.uuid(), choice.names().contains(domain.name())));
        }
        return new Selection(guests, leftOut, notices, unmatched);
    }

    /** Whether a domain is no guest, but serves the disks of another to a backup. */
    public static boolean servesAnother(Domain domain) {
        return domain.id().isPresent() && Backups.servesAnother(domain.name());
    }

    private boolean isChosen(Domain domain) {
        return choice.all()
                || choice.names().contains(domain.name())
                || matchesAny(choice.patterns(), domain.name())
                || hasAny(choice.tags(), domain.name());
    }

    /** A pattern or tag that chooses nothing is more likely a mistake than a wish. */
    private void tellOfNothing(List<Domain> domains) {
        List<String> names = domains.stream().map(Domain::name).toList();
        if (names.isEmpty()) {
            unmatched.add(Notice.warning("there is no guest at all: is it the right connection?"));
        }
        choice.patterns().stream()
                .filter(pattern -> !meansOne(pattern, names))
                .forEach(pattern -> unmatched.add(Notice.warning("no guest has a name like '" + pattern + "'")));
        choice.tags().stream()
                .filter(tag -> tags.values().stream().noneMatch(each -> each.contains(tag)))
                .forEach(tag -> unmatched.add(Notice.warning("no guest has the tag '" + tag + "'")));
        choice.excluded().stream()
                .filter(pattern -> !meansOne(pattern, names))
                .forEach(pattern ->
                        unmatched.add(Notice.information("there is no guest like '" + pattern + "' to exclude")));
    }

    private static boolean meansOne(String pattern, List<String> names) {
        return names.stream().anyMatch(name -> NamePattern.matches(pattern, name));
    }

    private void leaveOut(List<Domain> domains, String why, Predicate<Domain> which) {
        List<String> names = domains.stream().filter(which).map(Domain::name).toList();
        if (!names.isEmpty()) {
            notices.add(Notice.information("left out " + why + ": " + String.join(", ", names)));
            leftOut.addAll(names);
            domains.removeIf(which);
        }
    }

    private static boolean matchesAny(List<String> patterns, String name) {
        return patterns.stream().anyMatch(pattern -> NamePattern.matches(pattern, name));
    }

    private boolean hasAny(List<String> wanted, String name) {
        return tags.getOrDefault(name, List.of()).stream().anyMatch(wanted::contains);
    }

    private void readTags(List<Domain> domains) {
        Map<String, CompletableFuture<Optional<String>>> asked = new HashMap<>();
        domains.forEach(domain -> asked.put(domain.name(), domain.metadata().element(GuestTags.NAMESPACE)));
        asked.forEach((name, answer) -> {
            try {
                join(answer).ifPresent(xml -> tags.put(name, GuestTags.of(xml)));
            } catch (LibvirtException e) {
                // It may have gone since it was listed.
                notices.add(Notice.warning("the tags of " + name + " cannot be read: " + e.getMessage()));
            } catch (IllegalArgumentException e) {
                notices.add(Notice.warning("the tags of " + name + " make no sense: " + e.getMessage()));
            }
        });
    }

    private static <T> T join(CompletableFuture<T> call) {
        try {
            return call.join();
        } catch (RuntimeException e) {
            if (LibvirtException.unwrap(e) instanceof RuntimeException known) {
                throw known;
            }
            throw e;
        }
    }
}
