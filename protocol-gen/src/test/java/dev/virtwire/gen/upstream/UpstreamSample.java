// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Linker;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.table.TableParser;
import java.util.List;
import java.util.Map;

/** A small protocol in the manner of libvirt's files, and tables that say the same. */
final class UpstreamSample {
    static final String XDR = """
            /* A comment. @priority: high */
            %#include "internal.h"
            const FAR_STRING_MAX = 4194304;
            const FAR_LIST_MAX=0x40;
            typedef string far_nonnull_string<FAR_STRING_MAX>;
            typedef far_nonnull_string *far_string;
            typedef opaque far_uuid[VIR_UUID_BUFLEN];
            enum far_kind { FAR_KIND_A = 0, FAR_KIND_B = 1 };
            struct far_nonnull_domain { far_nonnull_string name; far_uuid uuid; int id; };
            typedef far_nonnull_domain *far_domain;
            union far_param_value switch (int type) {
             case VIR_TYPED_PARAM_INT:
                 int i;
             case VIR_TYPED_PARAM_STRING:
                 far_nonnull_string s;
            };
            struct far_param { far_nonnull_string field; far_param_value value; };
            struct far_domain_begin_args {
                far_nonnull_domain dom; /* (const char *) */
                far_string checkpoint_xml;
                unsigned int flags;
            };
            struct far_domain_stats_ret {
                far_kind type;
                far_param params<FAR_LIST_MAX>;
                char label<VIR_SECURITY_LABEL_BUFLEN>;
                char model[32];
                opaque data<8>;
                unsigned hyper lib_ver;
                unsigned short nrVirtCpu;
                struct far_nonnull_domain list<FAR_LIST_MAX>;
                unsigned int ret;
            };
            struct far_old_event_msg { far_nonnull_domain dom; int detail; };
            struct far_new_event_msg { int callbackID; far_old_event_msg msg; };
            const FAR_PROGRAM = 0x10;
            const FAR_PROTOCOL_VERSION = 1;
            enum far_procedure {
                /* What annotations mean:
                 * - @priority: low|high
                 */
                /**
                 * @generate: both
                 * @acl: domain:write
                 */
                FAR_PROC_DOMAIN_BEGIN = 1,
                /**
                 * @generate: both
                 * @priority: high
                 */
                FAR_PROC_DOMAIN_STATS = 2,
                /**
                 * @writestream: 1
                 * @sparseflag: VIR_SPARSE
                 */
                FAR_PROC_UPLOAD = 3,
                /** @readstream: 1 */
                FAR_PROC_DOWNLOAD_2 = 4,
                /** @generate: both */
                FAR_PROC_NEW_EVENT = 5
            };
            """;

    static final String TABLE = """
            program far 0x10 version 1 strings 4194304
            area All of far
            struct DomainRef { name: string, uuid: uuid, id: int }
            struct Param { field: string, value: ParamValue }
            union ParamValue { 1 number: int, 7 text: string }
            enum Kind { a = 0, b = 1 }
            flags BeginFlags { reuse = 1 }
            1 DomainBegin(domain: DomainRef, checkpointXml: string?, flags: BeginFlags) since 6.0
            2 DomainStats() -> (type: Kind, params: Param[64], label: chars(4097), model: chars(=32), data: opaque(8),
              libVersion: u64, nrVirtCpu: ushort, list: DomainRef[64], count: uint) priority since 1.0
            3 Upload() sends sparse stream since 1.0
            4 Download2() receives stream since 1.0
            event 5 NewEvent(callbackId: int, domain: DomainRef, detail: int) since 1.0
            """;

    private UpstreamSample() {}

    static List<UpstreamProgram> upstream() {
        return Upstream.parse(Map.of("far.x", XDR));
    }

    static List<Program> tables(String text) {
        return Linker.link(List.of(TableParser.parse("far.table", text)));
    }
}
