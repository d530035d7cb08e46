/* From nodes to the kernel: protect, join to runs, sendmmsg, and what to do when it takes less than all.
 *
 * A run is one message with UDP_SEGMENT (udp(7)): packets of one size to one viewer, the last may be shorter. A viewer's
 * picture goes before its sound, which is short and so ends a run instead of a message of its own. */

#include "table.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* True once the socket takes more. At most BLOCKED_WAIT_NS a batch are waited, and nothing for a while after a wait in
 * vain. */
static bool wait_for_room(table_t *table, int fd) {
    int64_t before = now_ns(), left = BLOCKED_WAIT_NS - table->waited;
    if (left <= 0 || before < table->no_wait_until)
        return false;
    struct pollfd asked = {.fd = fd, .events = POLLOUT};
    struct timespec limit = {0, (long)left};
    int ready = ppoll(&asked, 1, &limit, NULL);
    int64_t after = now_ns();
    /* a socket that says that it has room and takes nothing must not be asked for ever */
    table->waited += after - before > 100000 ? after - before : 100000;
    if (ready > 0)
        return true;
    table->no_wait_until = after + BLOCKED_PAUSE_NS;
    return false;
}

static bool is_full(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

/* Kernels and devices without segmentation: EIO where there are no checksums to leave open, EINVAL where a segment
 * is larger than the way's MTU, the others where the option is unknown. */
static bool is_about_runs(int error) {
    return error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP || error == ENOPROTOOPT;
}

static void block(table_t *table, const packet_t *packet, const uint8_t *bytes) {
    const item_t *item = &table->items[packet->item];
    if (!item->video && table->late_count < LATE_PACKETS) {
        late_t *late = &table->late[table->late_count++];
        late->packet = *packet;
        memcpy(late->bytes, bytes, (size_t)packet->length);
        return;
    }
    DROP(table, packet->viewer, blocked, 1);
    if (item->video) {
        entry_t *entry = &table->entries[packet->entry];
        entry->blocked = true;
        entry->blocked_stamp = item->stamp;
    }
}

static int send_counted(table_t *table, int fd, struct mmsghdr *messages, unsigned count) {
    int taken;
    do {
        table->counts.messages++;
        taken = table->send(fd, messages, count, MSG_DONTWAIT);
    } while (taken < 0 && errno == EINTR);
    return taken;
}

/* The packets of a message one by one, where they were refused as a run. */
static void send_singly(table_t *table, chunk_t *chunk, int message) {
    int first = chunk->message_first[message];
    int end = first + (int)chunk->message[message].msg_hdr.msg_iovlen;
    for (int place = first; place < end; place++) {
        struct mmsghdr one = {.msg_hdr = chunk->message[message].msg_hdr};
        one.msg_hdr.msg_iov = &chunk->part[place];
        one.msg_hdr.msg_iovlen = 1;
        one.msg_hdr.msg_control = NULL;
        one.msg_hdr.msg_controllen = 0;
        int taken = send_counted(table, chunk->fd, &one, 1);
        if (taken < 0 && is_full(errno) && wait_for_room(table, chunk->fd))
            taken = send_counted(table, chunk->fd, &one, 1);
        if (taken > 0)
            table->counts.sent++;
        else if (is_full(errno))
            block(table, &chunk->packet[place], chunk->part[place].iov_base);
        else
            DROP(table, chunk->packet[place].viewer, failed, 1);
    }
}

static void close_run(chunk_t *chunk) {
    if (!chunk->run_open)
        return;
    chunk->run_open = false;
    int message = chunk->messages - 1;
    struct msghdr *head = &chunk->message[message].msg_hdr;
    if (head->msg_iovlen < 2)
        return;
    head->msg_control = &chunk->control[message];
    head->msg_controllen = sizeof chunk->control[message];
    struct cmsghdr *about = CMSG_FIRSTHDR(head);
    about->cmsg_level = IPPROTO_UDP;
    about->cmsg_type = UDP_SEGMENT;
    about->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    uint16_t size = (uint16_t)chunk->run_size;
    memcpy(CMSG_DATA(about), &size, sizeof size);
}

static void flush(table_t *table) {
    chunk_t *chunk = table->chunk;
    close_run(chunk);
    int done = 0;
    while (done < chunk->messages) {
        int taken = send_counted(table, chunk->fd, &chunk->message[done], (unsigned)(chunk->messages - done));
        if (taken > 0) {
            for (int end = done + taken; done < end; done++)
                table->counts.sent += (long long)chunk->message[done].msg_hdr.msg_iovlen;
            continue;
        }
        int error = taken < 0 ? errno : EAGAIN;
        struct msghdr *head = &chunk->message[done].msg_hdr;
        if (is_full(error)) {
            if (wait_for_room(table, chunk->fd))
                continue;
            for (int place = chunk->message_first[done]; place < chunk->packets; place++)
                block(table, &chunk->packet[place], chunk->part[place].iov_base);
            break;
        }
        if (head->msg_iovlen > 1 && is_about_runs(error)) {
            if (error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT)
                table->runs = false;
            table->viewers[chunk->packet[chunk->message_first[done]].viewer].runs = false;
            send_singly(table, chunk, done);
        } else {
            DROP(table, chunk->packet[chunk->message_first[done]].viewer, failed, (long long)head->msg_iovlen);
        }
        done++;
    }
    chunk->packets = chunk->messages = 0;
}

/* The packet that lies in the chunk's next place: into the open run if it fits, else into a message of its own. */
static void add(table_t *table, int viewer, int length) {
    chunk_t *chunk = table->chunk;
    viewer_t *to = &table->viewers[viewer];
    int place = chunk->packets++;
    chunk->packet[place].viewer = viewer;
    chunk->packet[place].length = length;
    chunk->part[place].iov_len = (size_t)length;
    if (chunk->run_open && table->runs && to->runs && length <= chunk->run_size &&
        chunk->run_bytes + length <= RUN_BYTES) {
        struct msghdr *head = &chunk->message[chunk->messages - 1].msg_hdr;
        head->msg_iovlen++;
        chunk->run_bytes += length;
        if (length < chunk->run_size || head->msg_iovlen == RUN_SEGMENTS)
            close_run(chunk);
        return;
    }
    close_run(chunk);
    int message = chunk->messages++;
    struct msghdr *head = &chunk->message[message].msg_hdr;
    memset(head, 0, sizeof *head);
    head->msg_name = &to->address;
    head->msg_namelen = to->address_length;
    head->msg_iov = &chunk->part[place];
    head->msg_iovlen = 1;
    chunk->message_first[message] = place;
    chunk->run_open = true;
    chunk->run_bytes = chunk->run_size = length;
}

static uint8_t *next_space(table_t *table, int place) {
    uint8_t *space = table->chunk->space + (size_t)place * PACKET_SPACE;
    table->chunk->part[place].iov_base = space;
    return space;
}

static void put(table_t *table, int viewer, const node_t *node) {
    chunk_t *chunk = table->chunk;
    const item_t *item = &table->items[node->item];
    if (chunk->packets == CHUNK_PACKETS)
        flush(table);
    entry_t *entry = &table->entries[node->entry];
    if (entry->blocked && entry->blocked_stamp == item->stamp) {
        DROP(table, viewer, blocked, 1);
        return;
    }
    uint8_t *space = next_space(table, chunk->packets);
    int length = rewrite(space, entry, item);
    if (!length) {
        DROP(table, viewer, too_long, 1);
        return;
    }
    if (table->protect(table->viewers[viewer].srtp, space, &length) != 0) {
        DROP(table, viewer, refused, 1);
        return;
    }
    chunk->packet[chunk->packets] = (packet_t){.item = node->item, .entry = node->entry};
    add(table, viewer, length);
}

/* Sounds that found no room, once more, now that everything else is through. */
static void send_late(table_t *table) {
    for (int place = 0; place < table->late_count; place++) {
        late_t *late = &table->late[place];
        viewer_t *to = &table->viewers[late->packet.viewer];
        struct iovec part = {late->bytes, (size_t)late->packet.length};
        struct mmsghdr one = {.msg_hdr = {.msg_name = &to->address, .msg_namelen = to->address_length,
                                          .msg_iov = &part, .msg_iovlen = 1}};
        int taken = send_counted(table, to->fd, &one, 1);
        if (taken > 0)
            table->counts.sent++;
        else if (is_full(errno))
            DROP(table, late->packet.viewer, blocked, 1);
        else
            DROP(table, late->packet.viewer, failed, 1);
    }
    table->late_count = 0;
}

void send_batch(table_t *table) {
    chunk_t *chunk = table->chunk;
    table->waited = 0;
    int done = 0;
    while (done < table->active.count) {
        /* one socket after another: a chunk has one */
        chunk->fd = -1;
        for (int place = 0; place < table->active.count; place++) {
            viewer_t *viewer = &table->viewers[table->active.at[place]];
            if (!viewer->active || (chunk->fd >= 0 && viewer->fd != chunk->fd))
                continue;
            chunk->fd = viewer->fd;
            for (int kind = 0; kind < 2; kind++)
                for (int at = viewer->first[kind]; at >= 0; at = table->nodes[at].next)
                    put(table, table->active.at[place], &table->nodes[at]);
            close_run(chunk);
            viewer->active = false;
            done++;
        }
        flush(table);
    }
    send_late(table);
}

bool send_one(table_t *table, protect_fn protect, int viewer, const uint8_t *data, int size) {
    viewer_t *to = &table->viewers[viewer];
    uint8_t *space = table->chunk->space;
    if (size > MAX_RTP) {
        DROP(table, viewer, too_long, 1);
        return true;
    }
    memcpy(space, data, (size_t)size);
    int length = size;
    if (protect(to->srtp, space, &length) != 0) {
        DROP(table, viewer, refused, 1);
        return true;
    }
    struct iovec part = {space, (size_t)length};
    struct mmsghdr one = {.msg_hdr = {.msg_name = &to->address, .msg_namelen = to->address_length,
                                      .msg_iov = &part, .msg_iovlen = 1}};
    table->waited = 0;
    int taken = send_counted(table, to->fd, &one, 1);
    if (taken < 0 && is_full(errno) && wait_for_room(table, to->fd))
        taken = send_counted(table, to->fd, &one, 1);
    if (taken > 0) {
        table->counts.sent++;
        return true;
    }
    if (is_full(errno)) {
        DROP(table, viewer, blocked, 1);
        return false;
    }
    DROP(table, viewer, failed, 1);
    return true;
}
