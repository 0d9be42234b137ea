// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.command.WordConverter;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.cli.output.JoinedProgress;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointChoice;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire restore}: a point's disks as files of their own. */
@Command(
        name = "restore",
        description = {
            "Write a point's disks to a folder, as images that need no other file, with the domain's XML and its UEFI"
                    + " variables beside them. Every byte is verified on the way. After a failure no file is left.",
            "With --pool, write to new volumes of a storage pool of the host of -c, over the libvirt connection. After"
                    + " a failure they are deleted.",
            "With --to-device or --in-place, write over what is there. A person is asked first, or --yes is given.",
            "With --define, define the domain with these files, volumes or devices. It is not started."
        },
        sortOptions = false)
public final class RestoreCommand extends ConnectedCommand {
    /** The name that a point gives to its domain's XML. */
    private static final String DEFINITION = "domain.xml";

    static final class FormatConverter extends WordConverter<ImageFormat> {
        FormatConverter() {
            super(ImageFormat::toString, ImageFormat.QCOW2, ImageFormat.RAW);
        }
    }

    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "DOMAIN[@POINT]",
            description = "The domain and its point. Default: the newest that can be restored.")
    private @Nullable String name;

    @Option(
            names = "--all",
            description =
                    "Restore the newest point that can be restored of every domain. With --to, each gets a folder of"
                            + " its own in OUT. If one fails, the others are still restored.")
    private boolean all;

    @Option(names = "--to", paramLabel = "OUT", description = "The folder. It is made if necessary.")
    private @Nullable Path destination;

    @Option(
            names = "--pool",
            paramLabel = "POOL",
            description = "The storage pool on the host of -c, for volumes such as web1-vda.raw.")
    private @Nullable String pool;

    @Option(
            names = "--to-device",
            paramLabel = "TARGET=PLACE",
            description =
                    "Write this disk over a block device of this machine, such as vda=/dev/vg/web1, or over a volume"
                            + " of the host of -c, such as vda=POOL/VOLUME. May be given several times.")
    private List<String> devices = new ArrayList<>();

    @Option(
            names = "--in-place",
            description = "Write the disks to where the domain of the host of -c has them now, which has to be this"
                    + " machine. The domain has to be off. With --disk, the other disks stay as they are.")
    private boolean inPlace;

    @Option(
            names = "--yes",
            description = "For --to-device and --in-place: overwrite what is there without a question.")
    private boolean yes;

    @Option(
            names = "--format",
            converter = FormatConverter.class,
            paramLabel = "FORMAT",
            description = "qcow2 or raw. Default: qcow2 for files, raw for volumes.")
    private @Nullable ImageFormat format;

    @Option(
            names = "--disk",
            paramLabel = "TARGET",
            description = "Restore only this disk, such as vda. May be given several times.")
    private Set<String> disks = new LinkedHashSet<>();

    @Option(
            names = "--chain",
            description =
                    "Copy the images as they are in the repository, with all that they build on. Each point gets a"
                            + " folder of its own in OUT. Only for qcow2.")
    private boolean chain;

    @Option(
            names = "--define",
            description = "Define the domain with what was restored, on the host of -c. With --to, that has to be this"
                    + " machine. The domain has the name and UUID of the one that was backed up, or --name's.")
    private boolean define;

    @Option(
            names = "--name",
            paramLabel = "NEW",
            description = "For --define: define another domain of this name, with a UUID and MAC addresses of its own.")
    private @Nullable String newName;

    @Option(
            names = "--define-missing",
            description = "For --define: also make the networks, network filters, storage pools and secrets that the"
                    + " domain needs and the host lacks, as they were saved. Secrets get no value.")
    private boolean defineMissing;

    @Option(
            names = "--replace",
            description =
                    "Replace files of the same names in OUT, and with --define the domain's definition and its saved"
                            + " memory (managed save), instead of refusing.")
    private boolean replace;

    @Option(
            names = "--salvage",
            description =
                    "If not all can be given back: write all that is right, leave zeros for the rest, and name each"
                            + " range. Not with --chain.")
    private boolean salvage;

    @Mixin
    private RateOption rate = new RateOption();

    @Override
    public Integer call() throws Exception {
        requireSense();
        RestoreTarget.Existing existing = existing();
        // What is on this machine alone needs no host; one that is named is asked who uses a device.
        boolean here = !define && (existing == null ? destination != null : !existing.needsHost() && !uriGiven());
        return here ? restore(null) : super.call();
    }

    private void requireSense() {
        if (chain && format == ImageFormat.RAW) {
            throw CommandException.usage("--chain copies qcow2 images: leave out --format " + format, null);
        }
        if (chain && salvage) {
            throw CommandException.usage("--salvage writes images that need no other: leave out --chain", null);
        }
        if (newName != null && !define) {
            throw CommandException.usage("--name is for --define", null);
        }
        if (defineMissing && !define) {
            throw CommandException.usage("--define-missing is for --define", null);
        }
        long places = Stream.of(destination != null, pool != null, !devices.isEmpty(), inPlace)
                .filter(given -> given)
                .count();
        if (places != 1) {
            throw CommandException.usage(
                    "restore needs one of --to (a folder), --pool (a storage pool), --to-device and --in-place", null);
        }
        if (pool != null && chain) {
            throw CommandException.usage("volumes of a pool need no others: leave out --chain", null);
        }
        if (all == (name != null)) {
            throw CommandException.usage(
                    all ? "--all takes the repository alone, not a domain" : "restore needs a domain, or --all", null);
        }
        if (all && (overwrites() || newName != null || !disks.isEmpty())) {
            throw CommandException.usage("--to-device, --in-place, --name and --disk are for one domain", null);
        }
        if (yes && !overwrites()) {
            throw CommandException.usage("--yes is for --to-device and --in-place", null);
        }
        if (overwrites()) {
            requireOverwriting();
        }
    }

    private void requireOverwriting() {
        if (chain || format != null || (inPlace && define) || (replace && !define)) {
            throw CommandException.usage(
                    "what is there gets the disks' content alone: leave out --chain, --format"
                            + (inPlace ? ", --define and --replace" : ", and --replace without --define"),
                    null);
        }
        if (!devices.isEmpty() && !disks.isEmpty()) {
            throw CommandException.usage("--to-device names the disks: leave out --disk", null);
        }
        existing();
        if (!yes) {
            OverwriteQuestion.ofThisProcess(console());
        }
    }

    private boolean overwrites() {
        return inPlace || !devices.isEmpty();
    }

    /** The places of --to-device, or null if it is not given. */
    private RestoreTarget.@Nullable Existing existing() {
        if (devices.isEmpty()) {
            return null;
        }
        Map<String, String> places = new LinkedHashMap<>();
        for (String device : devices) {
            int end = device.indexOf('=');
            if (end < 1 || places.put(device.substring(0, end), device.substring(end + 1)) != null) {
                throw CommandException.usage(
                        end < 1
                                ? "--to-device " + device + ": it takes a disk and its place, such as vda=/dev/vg/web1"
                                : "--to-device names disk " + device.substring(0, end) + " twice",
                        null);
            }
        }
        try {
            return new RestoreTarget.Existing(places);
        } catch (BackupException e) {
            throw CommandException.usage("--to-device: " + e.getMessage(), e);
        }
    }

    @Override
    protected int run(Libvirt libvirt) throws IOException {
        return restore(libvirt);
    }

    private int restore(@Nullable Libvirt libvirt) throws IOException {
        Repository repository = Repository.open(folder);
        if (all) {
            return restoreAll(repository, libvirt);
        }
        PointChoice choice = PointName.parse(repository, requireNonNull(name)).in(repository);
        RestoreReport report;
        try (ProgressView view = progressView("restore")) {
            report = restore(
                    repository,
                    libvirt,
                    choice,
                    destination,
                    view,
                    view,
                    InterruptibleWork.Outcome.of("nothing of it is left"));
        }
        tell("", report);
        if (json()) {
            printJson(report::write);
        } else {
            print(report);
        }
        CommandException trouble = report.trouble();
        if (trouble != null) {
            throw trouble;
        }
        return done();
    }

    private int restoreAll(Repository repository, @Nullable Libvirt libvirt) throws IOException {
        List<String> domains = repository.domains();
        if (domains.isEmpty()) {
            throw CommandException.failed(
                    "there is no domain in " + repository.folder() + ", so nothing is restored", null);
        }
        List<WholeRestore.Outcome> outcomes;
        try (ProgressView view = progressView("restore of all domains")) {
            JoinedProgress joined = new JoinedProgress(view);
            WholeRestore whole = new WholeRestore(destination, define);
            outcomes = whole.run(domains, (domain, interrupted) -> {
                PointChoice choice = repository.newestRestorable(domain);
                Path out = whole.folder(choice.point());
                return restore(repository, libvirt, choice, out, view, joined.of(domain), interrupted);
            });
        }
        for (WholeRestore.Outcome outcome : outcomes) {
            if (outcome.report() != null) {
                tell(outcome.domain() + ": ", outcome.report());
            }
        }
        if (json()) {
            printJson(json -> WholeRestore.write(json, outcomes));
        } else {
            for (WholeRestore.Outcome outcome : outcomes) {
                if (outcome.report() != null) {
                    print(outcome.report());
                }
                if (outcome.failure() != null) {
                    line("failed: " + outcome.domain() + ": " + ErrorReport.message(outcome.failure()));
                }
            }
        }
        CommandException trouble = WholeRestore.trouble(outcomes);
        if (trouble != null) {
            throw trouble;
        }
        return done();
    }

    private void tell(String of, RestoreReport report) {
        report.passedOver().forEach(passed -> warnOfResult(of + passed));
        tell(of, report.notices());
    }

    private void print(RestoreReport report) {
        report.lines().forEach(this::say);
        report.losses().forEach(out()::println);
    }

    /**
     * Restores one domain.
     *
     * @param out the folder, if it is one
     * @param interrupted what there is to say if a signal ends it
     */
    private RestoreReport restore(
            Repository repository,
            @Nullable Libvirt libvirt,
            PointChoice choice,
            @Nullable Path out,
            ProgressView view,
            ProgressListener listener,
            InterruptibleWork.Outcome interrupted) {
        if (libvirt == null && out != null) {
            RestoreResult result =
                    interruptible(view, interrupted, () -> repository.restore(request(choice.point(), out), listener));
            return new RestoreReport(
                    choice,
                    out.toString(),
                    null,
                    names(out, result.files()),
                    List.of(),
                    result.bytesWritten(),
                    result.duration(),
                    null,
                    result.lost(),
                    result.damage(),
                    result.notices());
        }
        HostRestoreRequest request = hostRequest(choice.point(), out);
        if (overwrites() && !yes) {
            OverwriteQuestion.ofThisProcess(console())
                    .ask(
                            libvirt == null
                                    ? Backups.overwrittenHere(repository, request)
                                    : Backups.of(libvirt, repository).overwritten(request));
        }
        HostRestoreResult result = interruptible(
                view,
                interrupted,
                () -> libvirt == null
                        ? Backups.restoreHere(repository, request, listener)
                        : Backups.of(libvirt, repository).restore(request, listener));
        return new RestoreReport(
                choice,
                out != null ? out.toString() : pool != null ? "storage pool " + pool : "what was there",
                pool,
                names(out, result.files()),
                result.volumes().stream()
                        .map(volume -> pool == null ? volume.poolName() + "/" + volume.name() : volume.name())
                        .toList(),
                result.bytesWritten(),
                result.duration(),
                result.defined(),
                result.lost(),
                result.damage(),
                result.notices());
    }

    private RestoreRequest request(Point point, Path out) {
        RestoreRequest request = RestoreRequest.of(point, out)
                .withFormat(format(ImageFormat.QCOW2))
                .withDisks(disks)
                .limitedTo(rate.bytesPerSecond());
        RestoreRequest chained = chain ? request.asChain() : request;
        RestoreRequest salvaging = salvage ? chained.salvaging() : chained;
        return replace ? salvaging.replacing() : salvaging;
    }

    private HostRestoreRequest hostRequest(Point point, @Nullable Path out) {
        HostRestoreRequest request =
                HostRestoreRequest.of(point, target(out)).withDisks(disks).limitedTo(rate.bytesPerSecond());
        if (define) {
            request = newName == null ? request.defining() : request.definingAs(newName);
            request = defineMissing ? request.definingMissing() : request;
        }
        request = salvage ? request.salvaging() : request;
        return replace ? request.replacing() : request;
    }

    private RestoreTarget target(@Nullable Path out) {
        if (pool != null) {
            return new RestoreTarget.Pool(pool, format(ImageFormat.RAW));
        }
        RestoreTarget.Existing existing = existing();
        if (existing != null) {
            return existing;
        }
        return out == null
                ? new RestoreTarget.InPlace()
                : new RestoreTarget.Files(out, format(ImageFormat.QCOW2), chain);
    }

    private ImageFormat format(ImageFormat usual) {
        return format == null ? usual : format;
    }

    private List<String> names(@Nullable Path out, List<Path> files) {
        return files.stream()
                .map(file -> (json() || out == null ? file : out.relativize(file)).toString())
                .toList();
    }

    private <T> T interruptible(
            ProgressView view, InterruptibleWork.Outcome interrupted, Supplier<Operation<T>> restore) {
        try (InterruptibleWork work = InterruptibleWork.begin(console().interruption(), view, interrupted)) {
            return work.run(() -> restore.get().join());
        } catch (DamagedException e) {
            String advice = advice(e);
            if (advice == null) {
                throw e;
            }
            CommandException advised = CommandException.damaged(e.getMessage() + "; " + advice);
            for (Throwable left : e.getSuppressed()) {
                advised.addSuppressed(left);
            }
            throw advised;
        }
    }

    /** How to get what is right, or null if there is no other way. */
    private @Nullable String advice(DamagedException failure) {
        if (define
                && failure.findings().stream()
                        .anyMatch(finding -> finding.file().endsWith(DEFINITION))) {
            return "without --define and with --salvage, the rest is restored";
        }
        return salvage || chain ? null : "with --salvage, all that is right is restored";
    }
}
