/* media_server.fanout._native: the table of viewers and entries as a Python type (media_server/fanout/native.py).
 *
 * All calls come from the relay's one event-loop thread. While a batch is out the GIL is released; whoever calls then
 * has broken that rule and gets RuntimeError: an srtp_t bears one user at a time (MEDIA: a segmentation fault). A place
 * in the table owns its Session until it is given another one or removed, which cannot happen while a batch is out. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <arpa/inet.h>

#include "table.h"

typedef struct {
    PyObject_HEAD
    table_t table;
    PyObject *viewer_places, *entry_places; /* the engine's number → place */
    ints_t resolved;                        /* entries of the item that is being read, as places */
    bool out;                               /* a batch is being sent */
} Table;

static PyObject *name_packet, *name_entries, *name_video, *name_index, *name_stamp, *name_arrival, *name_rtp, *name_data,
    *name_start, *name_end, *name_marker;

/* -- arrays that grow */

static int grow(void **array, int *space, int wanted, size_t each) {
    if (wanted <= *space)
        return 0;
    int larger = *space ? *space * 2 : 64;
    while (larger < wanted)
        larger *= 2;
    void *moved = PyMem_RawRealloc(*array, (size_t)larger * each);
    if (!moved) {
        PyErr_NoMemory();
        return -1;
    }
    *array = moved;
    *space = larger;
    return 0;
}

#define GROW(array, space, wanted) grow((void **)&(array), &(space), (wanted), sizeof *(array))

static int push(ints_t *ints, int value) {
    if (GROW(ints->at, ints->space, ints->count + 1) < 0)
        return -1;
    ints->at[ints->count++] = value;
    return 0;
}

/* -- places */

static bool is_out(Table *self) {
    if (self->out)
        PyErr_SetString(PyExc_RuntimeError, "the fan-out was called while a batch is out");
    return self->out;
}

/* The place of a number; -1 when it has none, -2 with an exception. */
static int place_of(PyObject *places, PyObject *number) {
    PyObject *found = PyDict_GetItemWithError(places, number);
    if (!found)
        return PyErr_Occurred() ? -2 : -1;
    return (int)PyLong_AsLong(found);
}

static int remember(PyObject *places, PyObject *number, int place) {
    PyObject *value = PyLong_FromLong(place);
    if (!value)
        return -1;
    int failed = PyDict_SetItem(places, number, value);
    Py_DECREF(value);
    return failed;
}

static int new_viewer(table_t *table) {
    if (table->free_viewers.count)
        return table->free_viewers.at[--table->free_viewers.count];
    if (GROW(table->viewers, table->viewer_space, table->viewer_count + 1) < 0)
        return -1;
    memset(&table->viewers[table->viewer_count], 0, sizeof(viewer_t));
    return table->viewer_count++;
}

static int new_entry(table_t *table) {
    if (table->free_entries.count)
        return table->free_entries.at[--table->free_entries.count];
    if (GROW(table->entries, table->entry_space, table->entry_count + 1) < 0)
        return -1;
    table->entries[table->entry_count].viewer = -1;
    return table->entry_count++;
}

static int read_address(const char *host, int port, viewer_t *viewer) {
    struct sockaddr_in *four = (struct sockaddr_in *)&viewer->address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&viewer->address;
    memset(&viewer->address, 0, sizeof viewer->address);
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        viewer->address_length = sizeof *four;
        return 0;
    }
    if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        viewer->address_length = sizeof *six;
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "no address: %s", host);
    return -1;
}

static PyObject *set_viewer(Table *self, PyObject *args) {
    PyObject *number, *session;
    unsigned long long srtp;
    viewer_t fresh = {.runs = true};
    const char *host;
    int port;
    if (is_out(self) || !PyArg_ParseTuple(args, "OOKisi:set_viewer", &number, &session, &srtp, &fresh.fd, &host, &port))
        return NULL;
    if (read_address(host, port, &fresh) < 0)
        return NULL;
    int place = place_of(self->viewer_places, number);
    if (place == -2)
        return NULL;
    if (place == -1) {
        place = new_viewer(&self->table);
        if (place < 0)
            return NULL;
        if (remember(self->viewer_places, number, place) < 0) {
            push(&self->table.free_viewers, place);
            return NULL;
        }
    }
    PyObject *before = self->table.viewers[place].owner;
    Py_INCREF(session);
    fresh.owner = session;
    fresh.srtp = (void *)(uintptr_t)srtp;
    fresh.drops = self->table.viewers[place].drops; /* another way of the same viewer, or a place that was emptied */
    self->table.viewers[place] = fresh;
    Py_XDECREF(before);
    Py_RETURN_NONE;
}

static PyObject *remove_viewer(Table *self, PyObject *number) {
    if (is_out(self))
        return NULL;
    table_t *table = &self->table;
    int place = place_of(self->viewer_places, number);
    if (place == -2)
        return NULL;
    if (place == -1)
        Py_RETURN_NONE;
    for (int at = 0; at < table->entry_count; at++) {
        entry_t *entry = &table->entries[at];
        if (entry->viewer != place)
            continue;
        PyObject *id = PyLong_FromLongLong(entry->id);
        if (!id || PyDict_DelItem(self->entry_places, id) < 0 || push(&table->free_entries, at) < 0) {
            Py_XDECREF(id);
            return NULL;
        }
        Py_DECREF(id);
        entry->viewer = -1;
    }
    if (PyDict_DelItem(self->viewer_places, number) < 0 || push(&table->free_viewers, place) < 0)
        return NULL;
    PyObject *owner = table->viewers[place].owner;
    memset(&table->viewers[place], 0, sizeof(viewer_t));
    Py_XDECREF(owner);
    Py_RETURN_NONE;
}

static PyObject *set_entry(Table *self, PyObject *args) {
    PyObject *number, *viewer;
    unsigned int ssrc;
    entry_t fresh = {0};
    long long first_index, number_offset, stamp_offset;
    if (is_out(self) || !PyArg_ParseTuple(args, "OOIbLLLb:set_entry", &number, &viewer, &ssrc, &fresh.payload_type,
                                          &first_index, &number_offset, &stamp_offset, &fresh.send_time_id))
        return NULL;
    fresh.ssrc = ssrc;
    fresh.first_index = first_index;
    fresh.number_offset = number_offset;
    fresh.stamp_offset = stamp_offset;
    fresh.id = PyLong_AsLongLong(number);
    if (fresh.id == -1 && PyErr_Occurred())
        return NULL;
    fresh.viewer = place_of(self->viewer_places, viewer);
    if (fresh.viewer < 0) {
        if (fresh.viewer == -1)
            PyErr_SetObject(PyExc_KeyError, viewer);
        return NULL;
    }
    int place = place_of(self->entry_places, number);
    if (place == -2)
        return NULL;
    if (place == -1) {
        place = new_entry(&self->table);
        if (place < 0)
            return NULL;
        if (remember(self->entry_places, number, place) < 0) {
            push(&self->table.free_entries, place);
            return NULL;
        }
    }
    self->table.entries[place] = fresh;
    Py_RETURN_NONE;
}

/* -- a batch */

static int read_int(PyObject *object, PyObject *name, int64_t *value) {
    PyObject *number = PyObject_GetAttr(object, name);
    if (!number)
        return -1;
    *value = PyLong_AsLongLong(number);
    Py_DECREF(number);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

static int read_bool(PyObject *object, PyObject *name, bool *value) {
    PyObject *said = PyObject_GetAttr(object, name);
    if (!said)
        return -1;
    int truth = PyObject_IsTrue(said);
    Py_DECREF(said);
    *value = truth > 0;
    return truth < 0 ? -1 : 0;
}

/* engine.rtp.Rtp: where the payload lies. The item owns the bytes from here on. */
static int read_payload(PyObject *rtp, item_t *item) {
    int64_t start, end;
    if (read_int(rtp, name_start, &start) < 0 || read_int(rtp, name_end, &end) < 0 ||
        read_bool(rtp, name_marker, &item->marker) < 0)
        return -1;
    PyObject *data = PyObject_GetAttr(rtp, name_data);
    if (!data)
        return -1;
    if (!PyBytes_Check(data) || start < 0 || end < start || end > PyBytes_GET_SIZE(data) || end > INT32_MAX) {
        Py_DECREF(data);
        PyErr_SetString(PyExc_ValueError, "a packet whose payload lies outside of its bytes");
        return -1;
    }
    item->owner = data;
    item->payload = (const uint8_t *)PyBytes_AS_STRING(data) + start;
    item->size = (int)(end - start);
    return 0;
}

static int read_item(table_t *table, PyObject *forward) {
    if (GROW(table->items, table->item_space, table->item_count + 1) < 0)
        return -1;
    item_t *item = &table->items[table->item_count];
    memset(item, 0, sizeof *item);
    PyObject *packet = PyObject_GetAttr(forward, name_packet);
    if (!packet)
        return -1;
    PyObject *rtp = PyObject_GetAttr(packet, name_rtp);
    int failed = !rtp || read_int(packet, name_index, &item->index) < 0 ||
                 read_int(packet, name_stamp, &item->stamp) < 0 || read_int(packet, name_arrival, &item->arrival) < 0 ||
                 read_bool(forward, name_video, &item->video) < 0 || read_payload(rtp, item) < 0;
    Py_XDECREF(rtp);
    Py_DECREF(packet);
    if (failed)
        return -1;
    table->item_count++;
    return 0;
}

static int resolve(Table *self, PyObject *entries) {
    PyObject *numbers = PySequence_Fast(entries, "entries are a sequence");
    if (!numbers)
        return -1;
    self->resolved.count = 0;
    int failed = 0;
    for (Py_ssize_t at = 0; !failed && at < PySequence_Fast_GET_SIZE(numbers); at++) {
        int place = place_of(self->entry_places, PySequence_Fast_GET_ITEM(numbers, at));
        failed = place == -2 || (place >= 0 && push(&self->resolved, place) < 0);
    }
    Py_DECREF(numbers);
    return failed ? -1 : 0;
}

/* The newest item to each of its entries: a node in its viewer's chain. */
static int spread(Table *self) {
    table_t *table = &self->table;
    const item_t *item = &table->items[table->item_count - 1];
    if (GROW(table->nodes, table->node_space, table->node_count + self->resolved.count) < 0)
        return -1;
    for (int at = 0; at < self->resolved.count; at++) {
        int place = self->resolved.at[at];
        const entry_t *entry = &table->entries[place];
        if (item->index < entry->first_index) {
            DROP(table, entry->viewer, before_switch, 1);
            continue;
        }
        viewer_t *viewer = &table->viewers[entry->viewer];
        if (!viewer->active) {
            if (push(&table->active, entry->viewer) < 0)
                return -1;
            viewer->active = true;
            viewer->first[0] = viewer->first[1] = -1;
        }
        int kind = item->video ? 0 : 1, node = table->node_count++;
        table->nodes[node] = (node_t){table->item_count - 1, place, -1};
        if (viewer->first[kind] < 0)
            viewer->first[kind] = node;
        else
            table->nodes[viewer->last[kind]].next = node;
        viewer->last[kind] = node;
    }
    return 0;
}

static int read_batch(Table *self, PyObject *batch) {
    PyObject *entries = NULL; /* those of the item before: most often the same tuple */
    int failed = 0;
    for (Py_ssize_t at = 0; !failed && at < PySequence_Fast_GET_SIZE(batch); at++) {
        PyObject *forward = PySequence_Fast_GET_ITEM(batch, at);
        PyObject *these = PyObject_GetAttr(forward, name_entries);
        failed = !these || read_item(&self->table, forward) < 0;
        if (!failed && these != entries) {
            Py_XSETREF(entries, Py_NewRef(these));
            failed = resolve(self, these) < 0;
        }
        Py_XDECREF(these);
        failed = failed || spread(self) < 0;
    }
    Py_XDECREF(entries);
    return failed ? -1 : 0;
}

static void forget_batch(table_t *table) {
    for (int at = 0; at < table->item_count; at++)
        Py_DECREF((PyObject *)table->items[at].owner);
    for (int at = 0; at < table->active.count; at++)
        table->viewers[table->active.at[at]].active = false;
    table->item_count = table->node_count = table->active.count = 0;
}

static PyObject *counted(table_t *table) {
    counts_t counts = table->counts;
    memset(&table->counts, 0, sizeof counts);
    const drops_t *drops = &counts.drops;
    return Py_BuildValue("LLLLLLL", counts.sent, drops->before_switch, drops->blocked, drops->refused, drops->too_long,
                         drops->failed, counts.messages);
}

static PyObject *dropped(Table *self, PyObject *number) {
    int place = is_out(self) ? -2 : place_of(self->viewer_places, number);
    if (place == -2)
        return NULL;
    drops_t none = {0};
    const drops_t *drops = place >= 0 ? &self->table.viewers[place].drops : &none;
    return Py_BuildValue("LLLLL", drops->before_switch, drops->blocked, drops->refused, drops->too_long, drops->failed);
}

static PyObject *forward(Table *self, PyObject *batch) {
    if (is_out(self))
        return NULL;
    PyObject *items = PySequence_Fast(batch, "a batch is a sequence");
    if (!items)
        return NULL;
    int failed = read_batch(self, items);
    if (!failed && self->table.active.count) {
        self->out = true;
        Py_BEGIN_ALLOW_THREADS
        send_batch(&self->table);
        Py_END_ALLOW_THREADS
        self->out = false;
    }
    forget_batch(&self->table);
    Py_DECREF(items);
    return failed ? NULL : counted(&self->table);
}

static PyObject *one(Table *self, PyObject *args, protect_fn protect) {
    PyObject *number;
    Py_buffer data;
    if (is_out(self) || !PyArg_ParseTuple(args, "Oy*", &number, &data))
        return NULL;
    int place = place_of(self->viewer_places, number);
    if (place >= 0) {
        self->out = true;
        Py_BEGIN_ALLOW_THREADS
        send_one(&self->table, protect, place, data.buf, data.len > INT32_MAX ? INT32_MAX : (int)data.len);
        Py_END_ALLOW_THREADS
        self->out = false;
    }
    PyBuffer_Release(&data);
    return place == -2 ? NULL : counted(&self->table);
}

static PyObject *again(Table *self, PyObject *args) {
    return one(self, args, self->table.protect);
}

static PyObject *rtcp(Table *self, PyObject *args) {
    return one(self, args, self->table.protect_rtcp);
}

/* -- the type */

static void table_dealloc(Table *self) {
    table_t *table = &self->table;
    for (int at = 0; at < table->viewer_count; at++)
        Py_XDECREF((PyObject *)table->viewers[at].owner);
    Py_XDECREF(self->viewer_places);
    Py_XDECREF(self->entry_places);
    if (table->chunk)
        PyMem_RawFree(table->chunk->space);
    PyMem_RawFree(table->chunk);
    PyMem_RawFree(table->late);
    PyMem_RawFree(table->viewers);
    PyMem_RawFree(table->free_viewers.at);
    PyMem_RawFree(table->entries);
    PyMem_RawFree(table->free_entries.at);
    PyMem_RawFree(table->items);
    PyMem_RawFree(table->nodes);
    PyMem_RawFree(table->active.at);
    PyMem_RawFree(self->resolved.at);
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    unsigned long long protect, protect_rtcp, send = 0;
    static char *names[] = {"protect", "protect_rtcp", "send", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "KK|K:Table", names, &protect, &protect_rtcp, &send))
        return NULL;
    Table *self = (Table *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    table_t *table = &self->table;
    table->protect = (protect_fn)(uintptr_t)protect;
    table->protect_rtcp = (protect_fn)(uintptr_t)protect_rtcp;
    table->send = send ? (send_fn)(uintptr_t)send : (send_fn)sendmmsg;
    table->runs = true;
    table->chunk = PyMem_RawCalloc(1, sizeof *table->chunk);
    table->late = PyMem_RawCalloc(LATE_PACKETS, sizeof *table->late);
    if (table->chunk)
        table->chunk->space = PyMem_RawMalloc((size_t)CHUNK_PACKETS * PACKET_SPACE);
    self->viewer_places = PyDict_New();
    self->entry_places = PyDict_New();
    if (!table->chunk || !table->late || !table->chunk->space || !self->viewer_places || !self->entry_places) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static PyMethodDef table_methods[] = {
    {"set_viewer", (PyCFunction)set_viewer, METH_VARARGS, "set_viewer(viewer, session, srtp, fd, host, port)"},
    {"remove_viewer", (PyCFunction)remove_viewer, METH_O, "remove_viewer(viewer): it and its entries"},
    {"set_entry", (PyCFunction)set_entry, METH_VARARGS,
     "set_entry(entry, viewer, ssrc, payload_type, first_index, number_offset, stamp_offset, send_time_id)"},
    {"forward", (PyCFunction)forward, METH_O, "forward(batch) -> counts"},
    {"again", (PyCFunction)again, METH_VARARGS, "again(viewer, data) -> counts"},
    {"dropped", (PyCFunction)dropped, METH_O, "dropped(viewer) -> its counts: before_switch, blocked, refused, too_long, failed"},
    {"rtcp", (PyCFunction)rtcp, METH_VARARGS, "rtcp(viewer, data) -> counts"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot table_slots[] = {
    {Py_tp_doc, "Table(protect, protect_rtcp, send=0): addresses of srtp_protect, srtp_protect_rtcp and, in tests, of a sendmmsg"},
    {Py_tp_new, table_new},
    {Py_tp_dealloc, table_dealloc},
    {Py_tp_methods, table_methods},
    {0, NULL},
};

static PyType_Spec table_spec = {
    .name = "media_server.fanout._native.Table",
    .basicsize = sizeof(Table),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = table_slots,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_native", .m_size = -1};

PyMODINIT_FUNC PyInit__native(void) {
    struct {
        PyObject **name;
        const char *text;
    } names[] = {{&name_packet, "packet"}, {&name_entries, "entries"}, {&name_video, "video"}, {&name_index, "index"},
                 {&name_stamp, "stamp"},   {&name_arrival, "arrival"}, {&name_rtp, "rtp"},     {&name_data, "data"},
                 {&name_start, "start"},   {&name_end, "end"},         {&name_marker, "marker"}};
    for (size_t at = 0; at < sizeof names / sizeof *names; at++)
        if (!(*names[at].name = PyUnicode_InternFromString(names[at].text)))
            return NULL;
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made ? PyType_FromSpec(&table_spec) : NULL;
    if (!type || PyModule_AddObject(made, "Table", type) < 0) {
        Py_XDECREF(type);
        Py_XDECREF(made);
        return NULL;
    }
    return made;
}
