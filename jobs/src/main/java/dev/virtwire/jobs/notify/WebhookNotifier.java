// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.NotificationSettings.Webhook;
import dev.virtwire.jobs.config.Secret;
import dev.virtwire.jobs.report.JobJson;
import dev.virtwire.jobs.report.JobResult;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sends the result as JSON to a web address. */
final class WebhookNotifier implements Notifier {
    private final Webhook settings;
    private final Map<String, String> environment;

    WebhookNotifier(Webhook settings, Map<String, String> environment) {
        this.settings = settings;
        this.environment = environment;
    }

    @Override
    public void ended(JobResult result) throws NotificationException {
        if (!Notifications.matters(settings.when(), result)) {
            return;
        }
        Map<String, String> headers = new LinkedHashMap<>(settings.headers());
        Secret token = settings.token();
        if (token != null) {
            headers.put("Authorization", "Bearer " + token.read(environment));
        }
        new Posting(settings.http())
                .post(settings.url().read(environment), "application/json", JobJson.of(result), headers);
    }
}
