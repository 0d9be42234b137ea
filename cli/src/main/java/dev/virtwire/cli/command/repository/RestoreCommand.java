// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.Backups;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointChoice;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.ExcludedDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
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
            "With --pool, write to new raw volumes of a storage pool of the host of -c, over the libvirt connection. After a"
                    + " failure they are deleted.",
            "With --define, define the domain with these files or volumes. It is not started."
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
            paramLabel = "DOMAIN[@POINT]",
            description = "The domain and its point. Default: the newest that can be restored.")
    private String name = "";

    @Option(
            names = "--to",
            paramLabel = "OUT",
            description = "The folder. It is made if necessary. This or --pool is needed.")
    private @Nullable Path destination;

    @Option(
            names = "--pool",
            paramLabel = "POOL",
            description = "The storage pool on the host of -c, for volumes such as web1-vda.raw.")
    private @Nullable String pool;

    @Option(
            names = "--format",
            converter = FormatConverter.class,
            paramLabel = "FORMAT",
            description = "qcow2 or raw. Default: qcow2.")
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
        Path folderOut = destination;
        if ((folderOut == null) == (pool == null)) {
            throw CommandException.usage(
                    "restore needs a folder (--to) or a storage pool (--pool), and not both", null);
        }
        if (pool != null && (chain || format != null)) {
            throw CommandException.usage("volumes of a pool are raw: leave out --chain and --format", null);
        }
        // Files alone need no host.
        return define || folderOut == null ? super.call() : restore(folderOut);
    }

    @Override
    protected int run(Libvirt libvirt) {
        Repository repository = Repository.open(folder);
        PointChoice choice = PointName.parse(repository, name).in(repository);
        Point point = choice.point();
        HostRestoreRequest request =
                HostRestoreRequest.of(point, target()).withDisks(disks).limitedTo(rate.bytesPerSecond());
        if (define) {
            request = newName == null ? request.defining() : request.definingAs(newName);
            request = defineMissing ? request.definingMissing() : request;
        }
        request = salvage ? request.salvaging() : request;
        HostRestoreRequest wanted = replace ? request.replacing() : request;
        HostRestoreResult result =
                interruptible(view -> Backups.of(libvirt, repository).restore(wanted, view));
        print(
                choice,
                pool == null ? names(result.files()) : volumes(result.volumes()),
                result.bytesWritten(),
                result.duration(),
                result.defined(),
                result.lost(),
                result.damage(),
                result.notices());
        return end(choice, result.lost(), result.damage());
    }

    private RestoreTarget target() {
        if (pool != null) {
            return new RestoreTarget.Pool(pool);
        }
        return new RestoreTarget.Files(requireNonNull(destination), format(), chain);
    }

    private ImageFormat format() {
        return format == null ? ImageFormat.QCOW2 : format;
    }

    private int restore(Path out) {
        Repository repository = Repository.open(folder);
        PointChoice choice = PointName.parse(repository, name).in(repository);
        RestoreRequest request = RestoreRequest.of(choice.point(), out)
                .withFormat(format())
                .withDisks(disks)
                .limitedTo(rate.bytesPerSecond());
        RestoreRequest chained = chain ? request.asChain() : request;
        RestoreRequest salvaging = salvage ? chained.salvaging() : chained;
        RestoreRequest wanted = replace ? salvaging.replacing() : salvaging;
        RestoreResult result = interruptible(view -> repository.restore(wanted, view));
        print(
                choice,
                names(result.files()),
                result.bytesWritten(),
                result.duration(),
                null,
                result.lost(),
                result.damage(),
                result.notices());
        return end(choice, result.lost(), result.damage());
    }

    /** What was restored is there; the exit code says whether all is well. */
    private int end(PointChoice choice, List<LostRange> lost, List<Finding> damage) {
        if (!lost.isEmpty()) {
            long bytes = lost.stream().mapToLong(LostRange::length).sum();
            throw CommandException.damaged("not all could be given back: " + Amounts.bytes(bytes) + " in "
                    + Amounts.count(lost.size(), "range") + " are zeros: "
                    + Amounts.few(lost.stream().map(LostRange::toString).toList()));
        }
        if (!damage.isEmpty()) {
            throw CommandException.damaged("what is restored is right, and the repository is damaged: "
                    + Amounts.few(damage.stream().map(Finding::toString).toList()));
        }
        if (choice.damaged()) {
            throw CommandException.damaged(
                    "what is restored is right, and is not the newest: newer points are damaged");
        }
        return done();
    }

    private List<String> names(List<Path> files) {
        Path out = requireNonNull(destination);
        return files.stream()
                .map(file -> (json() ? file : out.relativize(file)).toString())
                .toList();
    }

    private static List<String> volumes(List<StorageVolume> volumes) {
        return volumes.stream().map(StorageVolume::name).toList();
    }

    private void print(
            PointChoice choice,
            List<String> made,
            long bytesWritten,
            Duration duration,
            @Nullable DomainIdentity defined,
            List<LostRange> lost,
            List<Finding> damage,
            List<Notice> found) {
        Point point = choice.point();
        List<Notice> notices = new ArrayList<>(found);
        for (ExcludedDisk disk : point.manifest().lacking()) {
            String text = "the point does not have disk " + disk.target() + ": " + disk.reason();
            notices.add(disk.missed() ? Notice.warning(text) : Notice.information(text));
        }
        choice.passedOver()
                .forEach(passed -> warnOfResult("passed over, since it cannot be restored from here: " + passed));
        tell("", notices);
        if (json()) {
            printJson(json -> {
                json.writeStringField("domain", point.manifest().domain().name());
                json.writeStringField("point", point.id());
                if (pool != null) {
                    json.writeStringField("pool", pool);
                }
                Json.writeStrings(json, pool == null ? "files" : "volumes", made);
                json.writeNumberField("bytesWritten", bytesWritten);
                json.writeNumberField("durationMillis", duration.toMillis());
                json.writeStringField("definedName", defined == null ? null : defined.name());
                json.writeStringField(
                        "definedUuid", defined == null ? null : defined.uuid().toString());
                Json.writeStrings(json, "passedOver", choice.passedOver());
                PointJson.writeLost(json, lost);
                PointJson.writeDamage(json, damage);
                Json.writeNotices(json, notices);
            });
            return;
        }
        String where = pool == null ? String.valueOf(destination) : "storage pool " + pool;
        say("restored " + point.manifest().domain().name() + "@" + point.id() + " to " + where + ": "
                + String.join(", ", made) + "; " + Amounts.bytes(bytesWritten) + " written in "
                + Amounts.duration(duration));
        if (defined != null) {
            say("defined: domain " + defined.name() + " with UUID " + defined.uuid() + ", not started");
        }
        lost.forEach(range -> out().println("lost: " + range));
        damage.forEach(finding -> out().println("damaged: " + finding));
    }

    private <T> T interruptible(Function<ProgressView, Operation<T>> restore) {
        try (ProgressView view = progressView("restore");
                InterruptibleWork work =
                        InterruptibleWork.begin(console().interruption(), view, "nothing of it is left")) {
            return work.run(() -> restore.apply(view).join());
        } catch (DamagedException e) {
            String advice = advice(e);
            throw advice == null ? e : CommandException.damaged(e.getMessage() + "; " + advice);
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
