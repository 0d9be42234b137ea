// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.BatchRequest;
import dev.virtwire.backup.BatchResult;
import dev.virtwire.backup.DomainOutcome;
import dev.virtwire.backup.NoDiskException;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.cli.output.JoinedProgress;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.jobs.guest.GuestSelector;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.manifest.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire backup}: a new point of a domain, or of each of several. */
@Command(
        name = "backup",
        description = {
            "Back up the disks of domains, running or off, into a repository, as they are when each backup begins.",
            "What did not change since an earlier point is not copied again. Ctrl-C ends the backups, on the host too,"
                    + " and leaves nothing unfinished."
        },
        sortOptions = false)
public final class BackupCommand extends ConnectedCommand {
    private static final long CANCEL_SECONDS = 120;

    @Parameters(
            arity = "1..*",
            paramLabel = "DOMAIN... DIR",
            hideParamSyntax = true,
            description =
                    "The domains, by name or UUID, and the repository, which is made if necessary. With --all only"
                            + " the repository.")
    private List<String> words = new ArrayList<>();

    @Option(names = "--all", description = "Back up all domains, those that are off too.")
    private boolean all;

    @Option(
            names = "--exclude-domain",
            paramLabel = "NAME",
            description = "For --all: leave this domain out. May be given several times.")
    private List<String> excludedDomains = new ArrayList<>();

    @Option(names = "--jobs", paramLabel = "N", description = "Back up this many domains at the same time. Default: 1.")
    private int jobs = 1;

    @Option(
            names = "--bwlimit",
            paramLabel = "RATE",
            converter = RateConverter.class,
            description = "For pull: read at most this many bytes a second, all domains together, such as 512K or 20M."
                    + " What the --keep rules merge afterwards is read no faster.")
    private long bytesPerSecond = TransferLimits.UNLIMITED;

    @Option(
            names = "--keep",
            paramLabel = "N",
            description =
                    "After a good backup, remove and merge what 'virtwire prune' would with the same --keep rules."
                            + " --keep N is --keep-last N.")
    private @Nullable Integer keep;

    @Mixin
    private KeepOptions rules = new KeepOptions();

    @Mixin
    private BackupOptions options = new BackupOptions();

    private final List<Notice> ofRun = new ArrayList<>();

    /** A domain's turn: the request for its backup, or the reason why there is no request. */
    private record Turn(
            String name,
            @Nullable BackupRequest request,
            @Nullable CommandException missing) {}

    @Override
    public Integer call() throws Exception {
        // What is wrong with the command line is said before anybody is connected to.
        batch(List.of(options.request("DOMAIN")));
        requireWords();
        return super.call();
    }

    private void requireWords() {
        if (all && words.size() > 1) {
            throw CommandException.usage("--all takes the repository alone, not domains", null);
        }
        if (!all && words.size() < 2) {
            throw CommandException.usage(
                    "backup needs a domain and the repository's folder, or --all and the folder", null);
        }
        if (!all && !excludedDomains.isEmpty()) {
            throw CommandException.usage("--exclude-domain is for --all", null);
        }
        if (several()) {
            options.requireForSeveral();
        }
    }

    private boolean several() {
        return all || words.size() > 2;
    }

    /** How the run goes about it. */
    BatchRequest batch(List<BackupRequest> domains) {
        Retention retention = retention();
        try {
            BatchRequest request = BatchRequest.of(domains).withJobs(jobs).limitedTo(bytesPerSecond);
            return retention == null ? request : request.keeping(retention);
        } catch (BackupException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()), e);
        }
    }

    private @Nullable Retention retention() {
        if ((keep != null || rules.mentioned()) && options.mode() == Mode.PUSH) {
            throw CommandException.usage("--keep is for --mode pull: nothing is removed from the host", null);
        }
        if (keep == null) {
            if (rules.mentioned() && !rules.given()) {
                throw CommandException.usage("--time-zone is for the --keep rules", null);
            }
            return rules.given() ? rules.retention() : null;
        }
        if (keep < 1) {
            throw CommandException.usage("--keep " + keep + ": at least one point is kept", null);
        }
        if (rules.last()) {
            throw CommandException.usage("--keep and --keep-last are one rule: give one of them", null);
        }
        return rules.retention(keep);
    }

    @Override
    protected Duration reconnectsFor() {
        return options.stallTimeout();
    }

    @Override
    protected int run(Libvirt libvirt) throws Exception {
        if (options.insecureNbd()) {
            warn("--insecure-nbd: unless the export is on loopback, whoever reaches its port can read the disks"
                    + " while the backup runs");
        }
        List<DomainOutcome> outcomes;
        try (ProgressView view = progressView(title())) {
            // Asked before the repository is made, so that a misspelt name leaves no empty one.
            List<Turn> turns = turns(libvirt);
            outcomes = backUp(libvirt, turns, view);
        }
        if (several()) {
            reportAll(outcomes);
        } else {
            report(outcomes.get(0));
        }
        return done();
    }

    private String title() {
        return several() ? "backup" : "backup " + words.get(0);
    }

    private List<Turn> turns(Libvirt libvirt) {
        List<Turn> turns = new ArrayList<>();
        if (!several()) {
            Domain domain = domain(libvirt, words.get(0));
            return List.of(turn(domain));
        }
        if (all) {
            found(libvirt).forEach(domain -> turns.add(new Turn(domain.name(), ofAll(domain), null)));
            return turns;
        }
        Set<UUID> named = new HashSet<>();
        for (String word : words.subList(0, words.size() - 1)) {
            try {
                Domain domain = domain(libvirt, word);
                if (named.add(domain.uuid())) {
                    turns.add(turn(domain));
                }
            } catch (CommandException e) {
                turns.add(new Turn(word, null, e));
            }
        }
        return turns;
    }

    private Turn turn(Domain domain) {
        return new Turn(domain.name(), options.request(domain.name()), null);
    }

    /** Nobody named it: one without disks keeps its definition, if no disk is named that it lacks. */
    private BackupRequest ofAll(Domain domain) {
        return options.request(domain.name()).evenWithoutDisks();
    }

    /** All that --all means; of the others a notice says why. */
    private List<Domain> found(Libvirt libvirt) {
        String host = libvirt.uri().where();
        List<Domain> domains = new ArrayList<>(await(libvirt.domains()));
        if (domains.isEmpty()) {
            throw CommandException.failed(
                    "there is no domain on " + host + ", so nothing is backed up: is it the right connection?", null);
        }
        domains.sort(Comparator.comparing(Domain::name));
        for (String name : excludedDomains) {
            if (domains.stream().noneMatch(domain -> domain.name().equals(name))) {
                ofRun.add(Notice.information("there is no domain '" + name + "' to exclude on " + host));
            }
        }
        leaveOut(domains, "by --exclude-domain", domain -> excludedDomains.contains(domain.name()));
        leaveOut(domains, "because they serve the disks of others to a backup", GuestSelector::servesAnother);
        if (options.runningOnly()) {
            leaveOut(domains, "because they are off", domain -> domain.id().isEmpty());
        }
        if (domains.isEmpty()) {
            ofRun.add(Notice.information("no domain of " + host + " is left to back up"));
        }
        return domains;
    }

    private void leaveOut(List<Domain> domains, String why, Predicate<Domain> which) {
        List<String> names = domains.stream().filter(which).map(Domain::name).toList();
        if (!names.isEmpty()) {
            ofRun.add(Notice.information("left out " + why + ": " + String.join(", ", names)));
            domains.removeIf(which);
        }
    }

    private List<DomainOutcome> backUp(Libvirt libvirt, List<Turn> turns, ProgressView view) {
        List<BackupRequest> requests = new ArrayList<>();
        for (Turn turn : turns) {
            if (turn.request() != null) {
                requests.add(turn.request());
            }
        }
        Iterator<DomainOutcome> made = requests.isEmpty()
                ? List.<DomainOutcome>of().iterator()
                : backUpAll(libvirt, requests, view).domains().iterator();
        List<DomainOutcome> outcomes = new ArrayList<>();
        for (Turn turn : turns) {
            outcomes.add(
                    turn.request() == null ? new DomainOutcome(turn.name(), null, null, turn.missing()) : made.next());
        }
        return outcomes;
    }

    private BatchResult backUpAll(Libvirt libvirt, List<BackupRequest> requests, ProgressView view) {
        Path folder = Path.of(words.get(words.size() - 1));
        Repository repository = Repository.openOrCreate(folder);
        JoinedProgress joined = new JoinedProgress(view);
        Operation<BatchResult> batch = Backups.of(libvirt, repository)
                .backupAll(batch(requests), domain -> listener(domain, several() ? joined.of(domain) : view));
        console().interruption().cleanUpBy(() -> cancel(batch, view));
        try {
            return batch.join();
        } finally {
            console().interruption().awaitIfBegun();
            console().interruption().cleanUpBy(null);
        }
    }

    private ProgressListener listener(String domain, ProgressListener view) {
        return new ProgressListener() {
            @Override
            public void progressed(Progress progress) {
                view.progressed(progress);
            }

            @Override
            public void waiting(String reason) {
                note(domain + ": " + reason);
            }
        };
    }

    private String cancel(Operation<BatchResult> batch, ProgressView view) throws Exception {
        try {
            batch.cancel().get(CANCEL_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return "interrupted, and the clean-up is not done after " + CANCEL_SECONDS
                    + " s; 'virtwire recover' clears up the rest";
        } finally {
            view.close();
        }
        List<DomainOutcome> outcomes = await(batch.result()).domains();
        return several() ? BackupReport.interrupted(outcomes) : BackupReport.interrupted(outcomes.get(0));
    }

    private void report(DomainOutcome outcome) {
        tellOf(outcome);
        if (json() && outcome.result() != null) {
            printJson(json -> BackupReport.write(json, outcome));
        } else {
            print(outcome);
        }
        if (outcome.failure() != null) {
            throw outcome.failure();
        }
        damage(List.of(outcome));
    }

    private void print(DomainOutcome outcome) {
        BackupReport.lines(outcome).forEach(this::say);
    }

    /** What remains and points that pile up are warnings too: images and file systems fill. */
    private void tellOf(DomainOutcome outcome) {
        String of = outcome.domain() + ": ";
        if (outcome.result() != null) {
            outcome.result().left().forEach(left -> warnOfResult(of + "left behind: " + left));
            tell(of, outcome.result().notices());
        }
        if (outcome.pruned() != null) {
            tell(of, outcome.pruned().notices());
        }
    }

    private void reportAll(List<DomainOutcome> outcomes) {
        tell("", ofRun);
        outcomes.forEach(this::tellOf);
        List<DomainOutcome> failed = outcomes.stream().filter(this::hasFailed).toList();
        if (json()) {
            printJson(json -> {
                BackupReport.writeAll(json, outcomes, this::hasFailed);
                Json.writeNotices(json, ofRun);
            });
        } else {
            for (DomainOutcome outcome : outcomes) {
                print(outcome);
                if (outcome.failure() != null && !hasFailed(outcome)) {
                    note(ErrorReport.message(outcome.failure()) + "; nothing of it is kept");
                } else if (outcome.failure() != null && (failed.size() > 1 || !quiet())) {
                    // Of one alone the error says as much.
                    line("failed: " + outcome.domain() + ": " + ErrorReport.message(outcome.failure()));
                }
            }
        }
        if (!failed.isEmpty()) {
            RuntimeException first = requireNonNull(failed.get(0).failure());
            throw CommandException.failed(
                    failed.size() + " of " + Amounts.count(outcomes.size(), "domain") + " failed"
                            + (failed.size() == 1 ? ": " : "; the first: ") + ErrorReport.message(first),
                    first);
        }
        damage(outcomes);
    }

    /** A guest without disks that nobody named is no failure. */
    private boolean hasFailed(DomainOutcome outcome) {
        return !outcome.succeeded() && !(all && outcome.failure() instanceof NoDiskException);
    }

    /** Points that retention could not count on are no failure of the new ones. */
    private static void damage(List<DomainOutcome> outcomes) {
        List<Finding> damage = outcomes.stream()
                .map(DomainOutcome::pruned)
                .filter(Objects::nonNull)
                .flatMap(pruned -> pruned.damage().stream())
                .toList();
        if (!damage.isEmpty()) {
            throw new DamagedException(damage);
        }
    }
}
