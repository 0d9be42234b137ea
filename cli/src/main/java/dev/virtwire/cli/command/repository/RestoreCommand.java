// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.backup.DomainDefinition;
import dev.virtwire.backup.ImageFormat;
import dev.virtwire.backup.Point;
import dev.virtwire.backup.Repository;
import dev.virtwire.backup.RestoreRequest;
import dev.virtwire.backup.RestoreResult;
import dev.virtwire.backup.manifest.DomainIdentity;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.client.Libvirt;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code virtwire restore}: a point's disks as files of their own. */
@Command(
        name = "restore",
        description = {
            "Write a point's disks to a folder, as images that need no other file, with the domain's XML and its UEFI"
                    + " variables beside them. Every byte is verified on the way; on any failure no file is left.",
            "With --define the domain is defined with these files, and not started."
        },
        sortOptions = false)
public final class RestoreCommand extends ConnectedCommand {
    /** Takes the words that qemu-img has. */
    static final class FormatConverter implements ITypeConverter<ImageFormat> {
        @Override
        public ImageFormat convert(String value) {
            return switch (value) {
                case "qcow2" -> ImageFormat.QCOW2;
                case "raw" -> ImageFormat.RAW;
                default -> throw new TypeConversionException("'" + value + "' is neither qcow2 nor raw");
            };
        }
    }

    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "DOMAIN[@POINT]",
            description = "The domain and its point. Default: the newest.")
    private String name = "";

    @Option(names = "--to", paramLabel = "OUT", required = true, description = "The folder; it is made if need be.")
    private Path destination = Path.of("");

    @Option(
            names = "--format",
            converter = FormatConverter.class,
            paramLabel = "FORMAT",
            description = "qcow2 or raw. Default: qcow2.")
    private ImageFormat format = ImageFormat.QCOW2;

    @Option(
            names = "--disk",
            paramLabel = "TARGET",
            description = "Only this disk, such as vda. May be given several times.")
    private Set<String> disks = new LinkedHashSet<>();

    @Option(
            names = "--chain",
            description =
                    "Copy the images as they are in the repository, with all that they build on, each point into a"
                            + " folder of its own in OUT. Only for qcow2.")
    private boolean chain;

    @Option(
            names = "--define",
            description = "Define the domain with the restored files, on the host of -c, which has to be this machine:"
                    + " in place of the one that was backed up, with its name and UUID, or as --name says.")
    private boolean define;

    @Option(
            names = "--name",
            paramLabel = "NEW",
            description = "For --define: as another domain of this name, with a UUID and MAC addresses of its own.")
    private @Nullable String newName;

    @Option(
            names = "--replace",
            description =
                    "Replace files of the same names in OUT, and with --define the domain's definition, instead of"
                            + " refusing.")
    private boolean replace;

    @Option(
            names = "--bwlimit",
            paramLabel = "RATE",
            converter = RateConverter.class,
            description = "Read so many bytes a second at most, such as 512K or 20M.")
    private long rate;

    @Override
    public Integer call() throws Exception {
        if (chain && format != ImageFormat.QCOW2) {
            throw CommandException.usage("--chain copies qcow2 images: leave out --format " + format, null);
        }
        if (newName != null && !define) {
            throw CommandException.usage("--name is for --define", null);
        }
        // Files alone need no host.
        return define ? super.call() : restore(null);
    }

    @Override
    protected int run(Libvirt libvirt) {
        return restore(new DomainDefinition(libvirt, newName));
    }

    private int restore(@Nullable DomainDefinition definition) {
        Repository repository = Repository.open(folder);
        Point point = PointName.parse(repository, name).in(repository);
        RestoreRequest request = RestoreRequest.of(point, destination)
                .withFormat(format)
                .withDisks(disks)
                .limitedTo(rate);
        request = chain ? request.asChain() : request;
        print(point, restore(repository, replace ? request.replacing() : request, definition));
        return ExitCode.DONE;
    }

    private void print(Point point, RestoreResult result) {
        DomainIdentity defined = result.defined();
        if (json()) {
            printJson(json -> {
                json.writeStringField("domain", point.manifest().domain().name());
                json.writeStringField("point", point.id());
                PointJson.writeStrings(
                        json,
                        "files",
                        result.files().stream().map(Path::toString).toList());
                json.writeNumberField("bytesWritten", result.bytesWritten());
                json.writeNumberField("durationMillis", result.duration().toMillis());
                json.writeStringField("definedName", defined == null ? null : defined.name());
                json.writeStringField(
                        "definedUuid", defined == null ? null : defined.uuid().toString());
                PointJson.writeStrings(json, "notices", result.notices());
            });
            return;
        }
        String files = result.files().stream()
                .map(file -> destination.relativize(file).toString())
                .collect(Collectors.joining(", "));
        say("restored " + point.manifest().domain().name() + "@" + point.id() + " to " + destination + ": " + files
                + "; " + Amounts.bytes(result.bytesWritten()) + " written in " + Amounts.duration(result.duration()));
        if (defined != null) {
            say("defined: domain " + defined.name() + " with UUID " + defined.uuid() + ", not started");
        }
        result.notices().forEach(this::note);
    }

    private RestoreResult restore(
            Repository repository, RestoreRequest request, @Nullable DomainDefinition definition) {
        try (ProgressView view = progressView("restore");
                InterruptibleWork work =
                        InterruptibleWork.begin(console().interruption(), view, "nothing of it is left")) {
            return work.run(() -> definition == null
                    ? repository.restore(request, view)
                    : repository.restore(request, definition, view));
        }
    }
}
