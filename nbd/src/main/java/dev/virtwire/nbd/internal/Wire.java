// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

/** The protocol's numbers. */
public final class Wire {
    public static final long SERVER_MAGIC = 0x4e42444d41474943L; // NBDMAGIC
    public static final long OPTION_MAGIC = 0x49484156454F5054L; // IHAVEOPT
    public static final long OLDSTYLE_MAGIC = 0x00420281861253L;
    public static final long OPTION_REPLY_MAGIC = 0x3e889045565a9L;

    public static final int FLAG_FIXED_NEWSTYLE = 1;
    public static final int FLAG_NO_ZEROES = 1 << 1;

    public static final int OPT_ABORT = 2;
    public static final int OPT_LIST = 3;
    public static final int OPT_STARTTLS = 5;
    public static final int OPT_GO = 7;
    public static final int OPT_STRUCTURED_REPLY = 8;
    public static final int OPT_LIST_META_CONTEXT = 9;
    public static final int OPT_SET_META_CONTEXT = 10;
    public static final int OPT_EXTENDED_HEADERS = 11;

    public static final int REP_ACK = 1;
    public static final int REP_SERVER = 2;
    public static final int REP_INFO = 3;
    public static final int REP_META_CONTEXT = 4;
    public static final int REP_ERR_UNSUP = 0x8000_0001;
    public static final int REP_ERR_POLICY = 0x8000_0002;
    public static final int REP_ERR_INVALID = 0x8000_0003;
    public static final int REP_ERR_PLATFORM = 0x8000_0004;
    public static final int REP_ERR_TLS_REQD = 0x8000_0005;
    public static final int REP_ERR_UNKNOWN = 0x8000_0006;
    public static final int REP_ERR_SHUTDOWN = 0x8000_0007;
    public static final int REP_ERR_BLOCK_SIZE_REQD = 0x8000_0008;
    public static final int REP_ERR_TOO_BIG = 0x8000_0009;
    public static final int REP_ERR_EXT_HEADER_REQD = 0x8000_000a;

    public static final int INFO_EXPORT = 0;
    public static final int INFO_BLOCK_SIZE = 3;

    public static final int REQUEST_MAGIC = 0x25609513;
    public static final int EXTENDED_REQUEST_MAGIC = 0x21e41c71;
    public static final int SIMPLE_REPLY_MAGIC = 0x67446698;
    public static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;
    public static final int EXTENDED_REPLY_MAGIC = 0x6e8a278c;

    public static final int CMD_DISC = 2;

    public static final int REPLY_FLAG_DONE = 1;
    public static final int REPLY_NONE = 0;
    public static final int REPLY_OFFSET_DATA = 1;
    public static final int REPLY_OFFSET_HOLE = 2;
    public static final int REPLY_BLOCK_STATUS = 5;
    public static final int REPLY_BLOCK_STATUS_EXT = 6;
    public static final int REPLY_ERROR = 0x8001;
    public static final int REPLY_ERROR_OFFSET = 0x8002;

    /** The longest string of the protocol: names and messages. */
    public static final int MAX_STRING = 4096;
    /** Every server takes a read of this length, unless it says otherwise. */
    public static final int MAX_READ = 32 * 1024 * 1024;
    /** A server should not send more extents in one chunk. */
    public static final int MAX_EXTENTS = 1 << 20;
    /** A block status request without extended headers is shorter than 4 GiB and a multiple of every block size. */
    public static final long MAX_STATUS = 0xffff_0000L;

    private Wire() {}
}
