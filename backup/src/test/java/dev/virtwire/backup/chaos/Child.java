// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.backup.chaos.files.PowerCut;
import dev.virtwire.backup.chaos.files.WatchedFileSystem;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Retention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program of its own that does one thing with a repository, step by step, and is killed on the way. */
public final class Child {
    private final Steps steps;
    private final String uri;
    private final String domain;
    private final Path folder;
    private final Path out;

    private Child(Steps steps, String uri, String domain, Path repository, Path out) {
        WatchedFileSystem files = new WatchedFileSystem(steps);
        this.steps = steps;
        this.uri = uri;
        this.domain = domain;
        this.folder = files.path(repository);
        this.out = files.path(out);
    }

    /**
     * Takes what to do, libvirtd's socket, a path for a socket of its own, the domain, the repository's folder, a
     * folder to restore to, the number of the step to stop at, and, if it is to end by a cut of power, a folder
     * beside the others.
     */
    @SuppressWarnings("try") // the relay works on threads of its own
    public static void main(String[] args) throws IOException {
        endWithTheTest();
        Path socket = Path.of(args[2]);
        Path scratch = Path.of(args[4]).getParent();
        PowerCut power = args.length > 7 ? new PowerCut(scratch, Path.of(args[7])) : null;
        Steps steps = new Steps(Integer.parseInt(args[6]), power);
        try (RpcRelay relay = new RpcRelay(socket, Path.of(args[1]), steps::before)) {
            String uri = "qemu+unix:///system?socket=" + socket;
            new Child(steps, uri, args[3], Path.of(args[4]), Path.of(args[5])).run(Action.valueOf(args[0]));
        } finally {
            Files.delete(socket);
        }
    }

    /** Standard input ends when the test does, however that is. */
    private static void endWithTheTest() {
        Thread thread = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // nobody writes
                        }
                    } catch (IOException e) {
                        System.err.println("standard input: " + e);
                    }
                    Runtime.getRuntime().halt(3);
                },
                "end-with-the-test");
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Action action) {
        switch (action) {
            case FIRST_BACKUP, INCREMENT -> backup(BackupRequest.of(domain));
            case RESUME -> backup(BackupRequest.of(domain).resuming());
            case RECOVER -> recover();
            case RESTORE -> restore();
            case PRUNE -> prune(2);
            case CONSOLIDATE -> prune(1);
        }
    }

    private void backup(BackupRequest plan) {
        Repository repository = Repository.openOrCreate(folder);
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            String id = Backups.of(libvirt, repository)
                    .backup(plan, ProgressListener.NONE)
                    .result()
                    .join()
                    .point()
                    .id();
            System.out.println("done " + id);
            steps.before("end");
        }
    }

    private void recover() {
        RecoverReport report = Backups.recover(
                        Repository.open(folder), () -> Libvirt.connect(uri).join(), ProgressListener.NONE)
                .join();
        if (!report.clean()) {
            throw new IllegalStateException("not clean: " + report);
        }
        System.out.println("done");
        steps.before("end");
    }

    private void restore() {
        Repository repository = Repository.open(folder);
        repository
                .restore(RestoreRequest.of(repository.newestPoint(domain), out).replacing(), ProgressListener.NONE)
                .join();
        System.out.println("done");
        steps.before("end");
    }

    private void prune(int last) {
        Repository.open(folder)
                .prune(PruneRequest.of(domain, Retention.ofLast(last)), ProgressListener.NONE)
                .join();
        System.out.println("done");
        steps.before("end");
    }
}
