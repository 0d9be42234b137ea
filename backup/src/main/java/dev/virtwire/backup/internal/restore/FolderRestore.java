// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.backup.internal.restore.DomainRewriter.Restored;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.internal.restore.FileRestore;
import dev.virtwire.repository.internal.restore.PlacedRestore.Replaced;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Restores a point to files and defines its domain with them. The domain is defined when all files are durable, which
 * is the last thing that is likely to fail, and before they get their names.
 */
final class FolderRestore {
    private final RestoreTarget.Files target;
    private final DomainStore domain;
    private final HostRestoreRequest request;
    private final FileRestore files;
    private final List<Finding> damage = new ArrayList<>();
    private final @Nullable HostDefinition definition;

    FolderRestore(
            Libvirt libvirt,
            DomainStore domain,
            HostRestoreRequest request,
            RestoreTarget.Files target,
            ProgressListener listener) {
        this.domain = domain;
        this.request = request;
        this.target = target;
        RestoreRequest asked = new RestoreRequest(
                request.point(),
                target.folder(),
                target.format(),
                target.chained(),
                request.disks(),
                request.replace(),
                request.salvage(),
                request.bytesPerSecond());
        this.files = new FileRestore(domain, asked, request.name(), request.define(), listener);
        this.definition = request.define() ? new HostDefinition(libvirt, request, domain, files.point(), damage) : null;
    }

    HostRestoreResult run() {
        if (definition != null) {
            definition.requireHere();
            definition.requirePossible();
            definition.requireUnused(files.images().values().stream()
                    .map(file -> new Replaced(file, target.format()))
                    .toList());
        }
        List<Notice> notices = new ArrayList<>();
        try {
            DomainRewriter rewriter =
                    definition == null ? null : HostRestore.rewriter(domain, files.point(), request, damage);
            files.write();
            if (definition == null || rewriter == null) {
                files.place();
            } else {
                Restored restored = new Restored(
                        files.images(), target.format(), files.nvram(), files.media(), definition.hasTpmState());
                definition.define(rewriter.rewrite(definition.identity().uuid(), restored), restored.targets());
                definition.requireUnseen(files.images());
                definition.settle();
                files.place();
                definition.requireSeen(files.images(), sizes());
                notices.addAll(rewriter.notices());
            }
            files.finish();
        } catch (IOException | RuntimeException | Error e) {
            throw cleanUp(e);
        }
        if (definition != null) {
            definition.finish();
            notices.addAll(definition.notices());
        }
        RestoreResult done = files.result();
        List<Notice> all = new ArrayList<>(done.notices());
        all.addAll(notices);
        damage.addAll(done.damage());
        return new HostRestoreResult(
                done.files(),
                List.of(),
                done.bytesWritten(),
                done.duration(),
                definition == null ? null : definition.identity(),
                done.lost(),
                damage.stream().distinct().toList(),
                // The definition is restored too, and says of a disk what its file does.
                all.stream().distinct().toList());
    }

    private Map<String, Long> sizes() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (ManifestDisk disk : files.disks()) {
            sizes.put(disk.target(), disk.virtualSize());
        }
        return sizes;
    }

    private RuntimeException cleanUp(Throwable e) {
        // A thread that is interrupted could not clean up: it cannot wait until a folder is on disk.
        boolean interrupted = Thread.interrupted();
        RuntimeException failure =
                HostRestore.failure(e, domain, files.point(), target.folder().toString(), interrupted);
        if (definition != null) {
            definition.undo(failure);
        }
        files.remove(failure);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }
}
