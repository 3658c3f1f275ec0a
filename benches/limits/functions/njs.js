async function content(r) {
    const text = await answer();
    r.return(200, text);
}

export default { content };
