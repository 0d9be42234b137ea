// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.backup.ImageFormat;
import dev.virtwire.backup.Point;
import dev.virtwire.backup.Repository;
import dev.virtwire.backup.RestoreRequest;
import dev.virtwire.backup.RestoreResult;
import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.ProgressView;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code virtwire restore}: a point's disks as files of their own. */
@Command(
        name = "restore",
        description = "Write a point's disks to a folder, as images that need no other file, with the domain's XML and"
                + " its UEFI variables beside them. Every byte is verified on the way; on any failure no file is left.",
        sortOptions = false)
public final class RestoreCommand extends AbstractCommand {
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

    @Option(names = "--replace", description = "Replace files of the same names in OUT, instead of refusing.")
    private boolean replace;

    @Option(
            names = "--bwlimit",
            paramLabel = "RATE",
            converter = RateConverter.class,
            description = "Read so many bytes a second at most, such as 512K or 20M.")
    private long rate;

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        Point point = PointName.parse(repository, name).in(repository);
        RestoreRequest request = RestoreRequest.of(point, destination)
                .withFormat(format)
                .withDisks(disks)
                .limitedTo(rate);
        RestoreResult result = restore(repository, replace ? request.replacing() : request);
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
            });
        } else {
            String files = result.files().stream()
                    .map(file -> String.valueOf(file.getFileName()))
                    .collect(Collectors.joining(", "));
            say("restored " + point.manifest().domain().name() + "@" + point.id() + " to " + destination + ": " + files
                    + "; " + Amounts.bytes(result.bytesWritten()) + " written in "
                    + Amounts.duration(result.duration()));
        }
        return ExitCode.DONE;
    }

    private RestoreResult restore(Repository repository, RestoreRequest request) {
        try (ProgressView view = progressView("restore");
                InterruptibleWork work =
                        InterruptibleWork.begin(console().interruption(), view, "nothing of it is left")) {
            return work.run(() -> repository.restore(request, view));
        }
    }
}
