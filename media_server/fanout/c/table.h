/* The native fan-out's records. One batch: take it from Python (module.c), then, without the GIL, rewrite (rewrite.c),
 * protect and send (send.c) for one viewer after another, so that a viewer's keys are read into the cache once. */

#ifndef HUILU_FANOUT_TABLE_H
#define HUILU_FANOUT_TABLE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sendmmsg */
#endif
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h, since 4.18 */
#endif

enum {
    MAX_RTP = 1356,           /* what pylibsrtp takes: its buffer of 1,500 less SRTP_MAX_TRAILER_LEN */
    MAX_TRAILER = 148,        /* SRTP_MAX_SRTCP_TRAILER_LEN: tag, MKI and index */
    MAX_HEADER = 12 + 8,      /* RFC 3550 §5.1, and one extension word with its profile */
    RUN_SEGMENTS = 64,        /* UDP_MAX_SEGMENTS of older kernels */
    RUN_BYTES = 65000,        /* below the largest UDP payload of both families */
    CHUNK_PACKETS = 128,      /* sent by one sendmmsg: as much as the cache keeps */
    PACKET_SPACE = 1536,      /* MAX_RTP + MAX_TRAILER, rounded up to whole lines of the cache */
    LATE_PACKETS = 64,        /* sounds that get their second try */
    BLOCKED_WAIT_NS = 2000000,
    BLOCKED_PAUSE_NS = 10000000, /* after a wait in vain nobody waits for so long */
};

/* srtp_err_status_t srtp_protect(srtp_t, void *, int *) of libsrtp 2, and srtp_protect_rtcp */
typedef int (*protect_fn)(void *session, void *packet, int *length);
typedef int (*send_fn)(int fd, struct mmsghdr *messages, unsigned count, int flags);

typedef struct {
    long long before_switch, blocked, refused, too_long, failed;
} drops_t;

typedef struct {
    void *owner; /* the pylibsrtp Session that `srtp` belongs to; NULL: the place is free */
    void *srtp;
    int fd;
    bool runs; /* this way takes UDP_SEGMENT */
    socklen_t address_length;
    struct sockaddr_storage address;
    int first[2], last[2]; /* this batch's nodes: picture, sound; -1 ends */
    bool active;
    drops_t drops; /* since it was set first */
} viewer_t;

typedef struct {
    long long id; /* the engine's name for it */
    int viewer;   /* -1: the place is free */
    uint32_t ssrc;
    uint8_t payload_type;
    uint8_t send_time_id; /* 0: no absolute send time */
    int64_t first_index, number_offset, stamp_offset;
    bool blocked; /* the rest of the picture of this stamp is dropped: part of it could not be sent */
    int64_t blocked_stamp;
} entry_t;

typedef struct {
    void *owner; /* the bytes that `payload` points into */
    const uint8_t *payload;
    int size;
    bool marker, video;
    int64_t index, stamp, arrival;
} item_t;

typedef struct {
    int item, entry, next;
} node_t;

typedef struct {
    int *at;
    int count, space;
} ints_t;

typedef struct {
    int item, entry, viewer, length;
} packet_t;

typedef struct {
    long long sent, messages;
    drops_t drops;
} counts_t;

/* What is being put together for one sendmmsg: packets one after another, messages over runs of them. */
typedef struct {
    int fd;
    int packets, messages;
    packet_t packet[CHUNK_PACKETS];
    struct iovec part[CHUNK_PACKETS];
    struct mmsghdr message[CHUNK_PACKETS];
    int message_first[CHUNK_PACKETS];
    union {
        struct cmsghdr head; /* for its alignment */
        char space[CMSG_SPACE(sizeof(uint16_t))];
    } control[CHUNK_PACKETS];
    bool run_open;
    int run_bytes, run_size; /* of the message that is being filled: all of it, and of a segment */
    uint8_t *space;
} chunk_t;

typedef struct {
    packet_t packet;
    uint8_t bytes[PACKET_SPACE];
} late_t;

typedef struct {
    protect_fn protect, protect_rtcp;
    send_fn send;
    bool runs; /* as far as this machine's kernel was heard */
    viewer_t *viewers;
    int viewer_count, viewer_space;
    ints_t free_viewers;
    entry_t *entries;
    int entry_count, entry_space;
    ints_t free_entries;
    item_t *items; /* of this batch, as are nodes and active viewers */
    int item_count, item_space;
    node_t *nodes;
    int node_count, node_space;
    ints_t active;
    chunk_t *chunk;
    late_t *late;
    int late_count;
    int64_t no_wait_until;
    int64_t waited; /* in this batch, ns */
    counts_t counts;
} table_t;

/* A packet as it leaves, into `out` (MAX_RTP); its length, or 0 when it is too long. */
int rewrite(uint8_t *out, const entry_t *entry, const item_t *item);

/* One packet, or several, that ended without effect: counted for its viewer and for all. */
#define DROP(table, viewer, reason, count)                    \
    do {                                                      \
        (table)->counts.drops.reason += (count);              \
        (table)->viewers[viewer].drops.reason += (count);     \
    } while (0)

/* All nodes of the active viewers. */
void send_batch(table_t *table);

/* One packet that is ready but for its protection; false: the way was full. */
bool send_one(table_t *table, protect_fn protect, int viewer, const uint8_t *data, int size);

#endif
